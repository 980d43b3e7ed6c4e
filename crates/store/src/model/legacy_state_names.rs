//! Which columns of the old table are asked about, by their names, and what is suggested and shown of them.

use super::name::is_unseen;

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

/// The same for what is text.
#[must_use]
pub fn shown_text(value: &str) -> String {
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
