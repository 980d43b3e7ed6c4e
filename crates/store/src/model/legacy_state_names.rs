//! The recognition of state columns of the legacy table by their names, and the suggested rules for them.
//!
//! Invariant: a name decides only whether the operator is asked about a column.

use super::display::shown_text;

/// The cores of column names, without prefixes and suffixes, as in `is_active`, `user_status` or `deleted_at`.
const ENABLED_CORES: [&str; 13] = [
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
const DISABLED_CORES: [&str; 34] = [
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
const STATUS_CORES: [&str; 2] = ["status", "state"];
const PREFIXES: [&str; 11] =
    ["is", "has", "was", "user", "usr", "account", "acct", "member", "customer", "date", "time"];
const SUFFIXES: [&str; 11] = ["at", "on", "until", "till", "date", "time", "flag", "end", "since", "from", "yn"];

/// The meaning of a true value of a state column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sense {
    Enabled,
    Disabled,
    Status,
}

/// Returns whether a column of this name may mark users as disabled.
#[must_use]
pub fn is_state_column(name: &str) -> bool {
    sense(name).is_some()
}

fn sense(name: &str) -> Option<Sense> {
    let letters: String = name.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect();
    let mut core = letters.to_ascii_lowercase();
    loop {
        let is = |list: &[&str]| list.contains(&core.as_str());
        if is(&ENABLED_CORES) {
            return Some(Sense::Enabled);
        }
        if is(&DISABLED_CORES) {
            return Some(Sense::Disabled);
        }
        if is(&STATUS_CORES) {
            return Some(Sense::Status);
        }
        let shorter = PREFIXES.iter().find_map(|word| core.strip_prefix(word));
        let shorter = shorter.or_else(|| SUFFIXES.iter().find_map(|word| core.strip_suffix(word)));
        match shorter {
            Some(shorter) if !shorter.is_empty() => core = shorter.to_owned(),
            _ => return None,
        }
    }
}

/// Returns a rule for `column` as an operator would write it. The rule disables users for all values except those of
/// `values` that look like the state of an enabled user.
#[must_use]
pub fn suggested(column: &str, values: &[Option<String>]) -> String {
    const YES: [&str; 6] = ["1", "true", "t", "yes", "y", "on"];
    const NO: [&str; 9] = ["0", "false", "f", "no", "n", "off", "", "0000-00-00", "0000-00-00 00:00:00"];
    const GOOD: [&str; 7] = ["active", "enabled", "ok", "normal", "open", "live", "approved"];
    let (list, fallback): (&[&str], _) = match sense(column) {
        Some(Sense::Disabled) => (&NO, "null"),
        Some(Sense::Enabled) => (&YES, "1"),
        _ => (&GOOD, "active"),
    };
    let is_out = sense(column) == Some(Sense::Disabled);
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

/// Returns a value for display: escaped and truncated.
#[must_use]
pub fn shown(value: Option<&str>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| if value.is_empty() { "''".to_owned() } else { shown_text(value) })
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
