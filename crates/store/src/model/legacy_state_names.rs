//! The recognition of state columns of the legacy table by their names, and the suggested rules for them.
//!
//! Invariant: a name decides only whether the operator is asked about a column.

use super::display::shown_text;

/// The cores of column names, without prefixes and suffixes, as in `is_active`, `user_status` or `deleted_at`. Other languages
/// follow: German, French, Spanish, Portuguese, Italian, Dutch and Polish.
const ENABLED_CORES: &str = "active enabled enable approved nonlocked nonexpired canlogin allowlogin loginallowed \
    loginenabled accountnonlocked accountnonexpired credentialsnonexpired notlocked unlocked valid live allowed allow use \
    aktiv freigeschaltet freigegeben gueltig actif activo habilitado ativo habilitada attivo abilitato actief aktywny";
const DISABLED_CORES: &str = "inactive disabled disable banned ban blocked block suspended suspend deleted delete del \
    removed trashed softdeleted locked lock lockedout lockout archived archive deactivated expired expire expires expiry \
    expiration closed close frozen terminated revoked unsubscribed blacklisted logindisabled nologin prohibitlogin denylogin \
    loginprohibited logindenied denied rejected refused declined canceled cancelled withdrawn withdrawal withdraw retired \
    resigned quit left deceased dead dormant void voided obsolete hidden pending spam spammer staged erased purged \
    anonymized anonymised tombstone kicked gesperrt inaktiv geloescht gelscht deaktiviert inactif bloque supprime desactive \
    bloqueado eliminado borrado baja inactivo suspendido inativo excluido desativado suspenso bloccato eliminato \
    disattivato geblokkeerd verwijderd zablokowany usuniety";
const STATUS_CORES: &str = "status state statut estado situacao stato etat";
/// Whole names, whose parts mean something else in other names: `activated_at` is only a time. Forums and directories keep
/// banned users in a group or a type of their own.
const WHOLE_ENABLED: &str = "activated isactivated useractivated accountactivated memberactivated loginallow";
const WHOLE_STATUS: &str = "usertype usergroup usergroupid activitycode useraccountcontrol nsaccountlock sambaacctflags \
    timelimituntil enddate endtime stoptime loginshell auth";
const PREFIXES: &str = "is has was user usr account acct acc member customer client person profile staff employee emp record \
    row date time login auth reg registration temp perm pwd shadow gdpr rol u";
const SUFFIXES: &str =
    "at on until till to date time flag end since from yn by reason text note id code name expires ind";

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
    let core = letters.to_ascii_lowercase();
    if is_among(WHOLE_ENABLED, &core) {
        return Some(Sense::Enabled);
    }
    if is_among(WHOLE_STATUS, &core) {
        return Some(Sense::Status);
    }
    sense_of_core(&core)
}

fn sense_of_core(core: &str) -> Option<Sense> {
    if is_among(ENABLED_CORES, core) {
        return Some(Sense::Enabled);
    }
    if is_among(DISABLED_CORES, core) {
        return Some(Sense::Disabled);
    }
    if is_among(STATUS_CORES, core) {
        return Some(Sense::Status);
    }
    let prefixes = PREFIXES.split_ascii_whitespace().filter_map(|word| core.strip_prefix(word));
    let suffixes = SUFFIXES.split_ascii_whitespace().filter_map(|word| core.strip_suffix(word));
    prefixes.chain(suffixes).find_map(sense_of_core)
}

fn is_among(words: &str, name: &str) -> bool {
    words.split_ascii_whitespace().any(|word| word == name)
}

/// Returns whether a role of this name disables its users, as the group `banned` of a forum does. It is called for each row,
/// so it tries fewer names than [`is_state_column`].
#[must_use]
pub fn is_role_of_disabled(role: &str) -> bool {
    let letters = role.chars().filter(|letter| letter.is_ascii_alphanumeric());
    let role: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    let role = role.strip_prefix("is").unwrap_or(&role);
    let kinds = ["users", "user", "members", "member", "accounts", "account"];
    let role = kinds.iter().find_map(|kind| role.strip_suffix(kind)).unwrap_or(role);
    is_among(DISABLED_CORES, role)
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
        _ => {
            let first = values.iter().flatten().find(|value| !value.trim().is_empty());
            (&GOOD, first.map_or("active", String::as_str))
        }
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
        named.push(shown_text(fallback));
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
            // JHipster and SMF, phpBB, MyBB and vBulletin, Moodle, WordPress, Gitea, Discourse, Concrete, OpenMRS.
            "activated",
            "is_activated",
            "user_type",
            "user_inactive_reason",
            "user_inactive_time",
            "usergroup",
            "usergroupid",
            "auth",
            "spam",
            "prohibit_login",
            "staged",
            "uIsActive",
            "retired",
            // Magento, Bugzilla, OTRS, TYPO3, ISPConfig, Spring, Invision, Dolibarr, directories, PostgreSQL.
            "lock_expires",
            "disabledtext",
            "valid_id",
            "endtime",
            "canceled",
            "credentialsNonExpired",
            "temp_ban",
            "statut",
            "userAccountControl",
            "nsAccountLock",
            "accountExpires",
            "shadowExpire",
            "rolcanlogin",
            "rolvaliduntil",
            // Others.
            "status_id",
            "state_code",
            "ban_reason",
            "deleted_by",
            "use_yn",
            "withdrawal_at",
            "account_valid_to",
            "record_status",
            "login_status",
            "gesperrt",
            "aktiv",
            "actif",
            "estado",
            "bloqueado",
            "attivo",
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
            "user_id",
            "uid",
            "uuid",
            "first_name",
            "lastname",
            "login",
            "user_login",
            "login_name",
            "name_of_user",
            "user_url",
            "user_registered",
            "display_name",
            "reset_token_expires_at",
            "activation_code",
            "activation_expires_at",
            "remember_token",
            "user_activation_key",
            "params",
            "salt",
            "zip_code",
            "country_code",
            "group_id",
            "level",
            "failed_attempts",
            "LockoutEnabled",
            "AccessFailedCount",
            "credits",
            "balance",
            "otp_secret",
            "sign_in_count",
            "current_sign_in_ip",
        ] {
            assert!(!is_state_column(name), "{name}");
        }
    }

    #[test]
    fn a_role_may_disable_its_users() {
        for role in
            ["banned", "Banned", "is_banned", "blocked", "suspended", "deleted", "inactive", "gesperrt", "nologin"]
        {
            assert!(is_role_of_disabled(role), "{role}");
        }
        for role in ["admin", "user", "editor", "active", "status", "", "member", "7", "staff", "client"] {
            assert!(!is_role_of_disabled(role), "{role}");
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
            ("user_type", values(&[Some("0"), Some("1"), Some("2")]), "disabled=user_type!0"),
            ("status", vec![], "disabled=status!active"),
            ("disabled", vec![], "disabled=disabled!null"),
        ] {
            assert_eq!(suggested(column, &held), expected);
        }
    }
}
