//! Columns of the old table that say that a user is shut out: banned, deleted, not active any more.
//!
//! Invariant: nothing is assumed. What a column means is what the operator has said; names only make it asked for.

use super::name::is_unseen;

/// A column of the old table, and what its values mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateRule {
    pub column: String,
    pub test: StateTest,
}

/// Which values shut a user out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateTest {
    /// None.
    Ignored,
    /// These.
    Among(Vec<StateValue>),
    /// All but these.
    AllBut(Vec<StateValue>),
}

/// A value that the operator has named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateValue {
    Null,
    NotNull,
    /// In lower case and without outer blanks.
    Text(String),
}

/// What the operator said of all such columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateRules {
    pub rules: Vec<StateRule>,
    /// Columns that no rule names shut nobody out.
    pub ignore_others: bool,
}

/// Longest value that is shown, in characters.
const SHOWN: usize = 40;
/// What is left of names of columns, without what stands around it, as in `is_active`, `user_status` or `deleted_at`.
const IN: [&str; 13] = [
    "active",
    "enabled",
    "enable",
    "approved",
    "nonlocked",
    "nonexpired",
    "canlogin",
    "allowlogin",
    "loginallowed",
    "loginenabled",
    "accountnonlocked",
    "accountnonexpired",
    "notlocked",
];
const OUT: [&str; 34] = [
    "inactive",
    "disabled",
    "disable",
    "banned",
    "ban",
    "blocked",
    "block",
    "suspended",
    "suspend",
    "deleted",
    "delete",
    "del",
    "removed",
    "trashed",
    "softdeleted",
    "locked",
    "lock",
    "lockedout",
    "lockout",
    "archived",
    "archive",
    "deactivated",
    "expired",
    "expires",
    "expiry",
    "expiration",
    "closed",
    "frozen",
    "terminated",
    "revoked",
    "unsubscribed",
    "blacklisted",
    "logindisabled",
    "nologin",
];
const WORD: [&str; 2] = ["status", "state"];
const BEFORE: [&str; 11] = ["is", "has", "was", "user", "usr", "account", "acct", "member", "customer", "date", "time"];
const AFTER: [&str; 11] = ["at", "on", "until", "till", "date", "time", "flag", "end", "since", "from", "yn"];

impl StateTest {
    /// Whether `value` of the column, which is text or null, shuts its user out.
    #[must_use]
    pub fn shuts_out(&self, value: Option<&str>) -> bool {
        match self {
            Self::Ignored => false,
            Self::Among(values) => values.iter().any(|known| known.is(value)),
            Self::AllBut(values) => !values.iter().any(|known| known.is(value)),
        }
    }
}

impl StateValue {
    fn is(&self, value: Option<&str>) -> bool {
        match (self, value) {
            (Self::Null, None) | (Self::NotNull, Some(_)) => true,
            (Self::Text(known), Some(value)) => *known == value.trim().to_lowercase(),
            _ => false,
        }
    }

    fn parse(text: &str) -> Self {
        match text.trim().to_lowercase().as_str() {
            "null" => Self::Null,
            "not-null" => Self::NotNull,
            value => Self::Text(value.to_owned()),
        }
    }
}

impl StateRules {
    /// Adds what `text` says: `COLUMN:VALUE|VALUE`, `COLUMN!VALUE|VALUE`, `COLUMN:none` or `none`; false when it says nothing
    /// that is understood, or speaks of a column twice.
    #[must_use]
    pub fn add(&mut self, text: &str) -> bool {
        let text = text.trim();
        if text.eq_ignore_ascii_case("none") {
            return !std::mem::replace(&mut self.ignore_others, true);
        }
        let Some(at) = text.find([':', '!']) else { return false };
        let (column, rest) = text.split_at(at);
        let (is_all_but, values) = (rest.starts_with('!'), rest.get(1..).unwrap_or_default());
        let column = column.trim();
        let is_known = self.rules.iter().any(|rule| rule.column.eq_ignore_ascii_case(column));
        if column.is_empty() || values.trim().is_empty() || is_known {
            return false;
        }
        let named = || values.split('|').map(StateValue::parse).collect();
        let test = match (is_all_but, values.trim()) {
            (false, none) if none.eq_ignore_ascii_case("none") => StateTest::Ignored,
            (false, _) => StateTest::Among(named()),
            (true, _) => StateTest::AllBut(named()),
        };
        self.rules.push(StateRule { column: column.to_owned(), test });
        true
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sense {
    In,
    Out,
    Word,
}

/// Whether a column of this name may say that a user is shut out.
#[must_use]
pub fn is_state_column(name: &str) -> bool {
    sense(name).is_some()
}

fn sense(name: &str) -> Option<Sense> {
    let letters: String = name.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect();
    let mut core = letters.to_ascii_lowercase();
    loop {
        let is = |list: &[&str]| list.contains(&core.as_str());
        if is(&IN) {
            return Some(Sense::In);
        }
        if is(&OUT) {
            return Some(Sense::Out);
        }
        if is(&WORD) {
            return Some(Sense::Word);
        }
        let shorter = BEFORE.iter().find_map(|word| core.strip_prefix(word));
        let shorter = shorter.or_else(|| AFTER.iter().find_map(|word| core.strip_suffix(word)));
        match shorter {
            Some(shorter) if !shorter.is_empty() => core = shorter.to_owned(),
            _ => return None,
        }
    }
}

/// What `column` probably means, as an operator would write it: all of `values`, which it holds, but those that look like
/// those of a user who may log in.
#[must_use]
pub fn suggested(column: &str, values: &[Option<String>]) -> String {
    const YES: [&str; 6] = ["1", "true", "t", "yes", "y", "on"];
    const NO: [&str; 9] = ["0", "false", "f", "no", "n", "off", "", "0000-00-00", "0000-00-00 00:00:00"];
    const GOOD: [&str; 7] = ["active", "enabled", "ok", "normal", "open", "live", "approved"];
    let (list, fallback): (&[&str], _) = match sense(column) {
        Some(Sense::Out) => (&NO, "null"),
        Some(Sense::In) => (&YES, "1"),
        _ => (&GOOD, "active"),
    };
    let is_out = sense(column) == Some(Sense::Out);
    let mut named: Vec<String> = values
        .iter()
        .filter_map(|value| match value {
            None => is_out.then(|| "null".to_owned()),
            Some(value) => list.contains(&value.trim().to_lowercase().as_str()).then(|| shown_text(value)),
        })
        .collect();
    if named.is_empty() {
        named.push(fallback.to_owned());
    }
    named.sort();
    named.dedup();
    format!("disabled={column}!{}", named.join("|"))
}

/// A value as it is shown to people: escaped, and cut.
#[must_use]
pub fn shown(value: Option<&str>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| if value.is_empty() { "''".to_owned() } else { shown_text(value) })
}

fn shown_text(value: &str) -> String {
    let mut shown = String::new();
    for character in value.chars().take(SHOWN) {
        if is_unseen(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    if value.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test_of(text: &str) -> StateTest {
        let mut rules = StateRules::default();
        assert!(rules.add(text), "{text}");
        rules.rules.remove(0).test
    }

    #[test]
    fn values_shut_out_as_the_operator_says() {
        for (rule, out, within) in [
            ("banned:1", vec![Some("1"), Some(" 1 ")], vec![Some("0"), None, Some("2")]),
            ("status:banned|Deleted", vec![Some("BANNED"), Some("deleted")], vec![Some("active"), None]),
            (
                "status!active|pending",
                vec![Some("banned"), None, Some(""), Some("new")],
                vec![Some("Active"), Some("pending")],
            ),
            ("deleted_at:not-null", vec![Some("2024-01-01"), Some("")], vec![None]),
            ("deleted_at!null", vec![Some("2024-01-01"), Some("")], vec![None]),
            ("active:0|null", vec![Some("0"), None], vec![Some("1")]),
            (
                "locked_until!null|0000-00-00 00:00:00",
                vec![Some("2024-01-01 00:00:00")],
                vec![None, Some("0000-00-00 00:00:00")],
            ),
            ("state:none", vec![], vec![None, Some("x")]),
        ] {
            let test = test_of(rule);
            assert!(out.iter().all(|value| test.shuts_out(*value)), "{rule} {out:?}");
            assert!(!within.iter().any(|value| test.shuts_out(*value)), "{rule} {within:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in ["", "banned", "banned:", ":1", "!x", "banned: "] {
            assert!(!StateRules::default().add(text), "{text}");
        }
        let mut rules = StateRules::default();
        assert!(rules.add("none") && !rules.add("none") && rules.add("a:1") && !rules.add("A!2"));
    }

    #[test]
    fn columns_of_state_are_known_by_name() {
        for name in [
            "active",
            "is_active",
            "isActive",
            "enabled",
            "is_enabled",
            "banned",
            "is_banned",
            "blocked",
            "suspended",
            "status",
            "state",
            "deleted_at",
            "deleted",
            "is_deleted",
            "disabled",
            "disabled_at",
            "locked",
            "is_locked",
            "locked_until",
            "archived",
            "deactivated_at",
            "user_status",
            "AccountNonLocked",
            "LockoutEnd",
            "date_deleted",
            "block",
            "banned_till",
            "delete_flag",
            "account_status",
            "usr_state",
            "expires_at",
            "can_login",
            "deletedAt",
            "userActive",
        ] {
            assert!(is_state_column(name), "{name}");
        }
        for name in [
            "id",
            "username",
            "password",
            "role",
            "email",
            "verified",
            "email_verified_at",
            "confirmed",
            "created_at",
            "updated_at",
            "last_login",
            "last_active_at",
            "activated_at",
            "statement",
            "estate",
            "user",
            "date",
        ] {
            assert!(!is_state_column(name), "{name}");
        }
    }

    #[test]
    fn a_suggestion_names_what_looks_harmless() {
        let values = |values: &[Option<&str>]| values.iter().map(|value| value.map(str::to_owned)).collect::<Vec<_>>();
        for (column, held, expected) in [
            ("banned", values(&[Some("0"), Some("1")]), "disabled=banned!0"),
            ("deleted_at", values(&[None, Some("2024-01-01 00:00:00")]), "disabled=deleted_at!null"),
            ("is_active", values(&[Some("1"), Some("0"), None]), "disabled=is_active!1"),
            ("status", values(&[Some("Active"), Some("banned")]), "disabled=status!Active"),
            ("disabled", vec![], "disabled=disabled!null"),
        ] {
            assert_eq!(suggested(column, &held), expected);
        }
    }
}
