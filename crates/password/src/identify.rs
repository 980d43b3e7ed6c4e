//! What a value in an old application's password column is: a hash, nothing, a lock, or nothing that is recognised.
//!
//! A value that is taken for a password in clear lets in anybody who has read the old table. So what might be derived from
//! a password, whole or broken, is unreadable and nobody's password. The rest is a password in clear only when an operator
//! says so.

use crate::{
    StoredHash, Unreadable,
    derived::looks_derived,
    escapes::{bare, visible},
};

/// A value of a password column.
pub enum StoredValue {
    /// Nothing, or blanks.
    Empty,
    /// A sign that nobody is to log in by password, as `!` or `*`.
    Locked,
    /// A hash that can be checked.
    Hash(StoredHash),
    /// A hash, or what is left of one, that cannot be checked.
    Unreadable(Unreadable),
    /// Nothing that is known, and nothing that looks derived: a password in clear, if the operator says that the old
    /// application kept them so.
    Unrecognized,
}

/// What systems write where a password is locked or missing, in lower case, besides anything behind `!` or `*`.
const LOCKS: [&str; 15] = [
    "x", "np", "lk", "nologin", "null", "none", "nil", "disabled", "locked", "unset", "invalid", "-", "n/a", "<unset>",
    "<locked>",
];
/// Digits behind the `*` of MySQL's `PASSWORD()`.
const MYSQL_DIGITS: usize = 40;

impl StoredValue {
    /// Tells what `value` is.
    #[must_use]
    pub fn identify(value: &str) -> Self {
        if value.trim().is_empty() {
            return Self::Empty;
        }
        match StoredHash::parse(value) {
            Ok(hash) => return Self::Hash(hash),
            Err(_) if is_mysql(value) => return Self::Unreadable(Unreadable::Refused),
            Err(_) if is_lock(value) => return Self::Locked,
            Err(Unreadable::Scheme) => {}
            Err(why) => return Self::Unreadable(why),
        }
        // In quotes a lock is none, but no password either: nobody can tell what read it like that.
        if is_lock(bare(value)) || is_lock(&visible(value)) || looks_derived(value) {
            Self::Unreadable(Unreadable::Scheme)
        } else {
            Self::Unrecognized
        }
    }
}

/// `*` and 40 hexadecimal digits.
fn is_mysql(value: &str) -> bool {
    let is_hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    value.strip_prefix('*').is_some_and(|digits| digits.len() == MYSQL_DIGITS && is_hexadecimal(digits))
}

/// `!` and `*`, alone or before anything, and the words for it.
fn is_lock(value: &str) -> bool {
    value.starts_with(['!', '*']) || LOCKS.contains(&value.to_lowercase().as_str())
}
