//! Identifies a value of a legacy application's password column: a hash, empty, a lock, or unrecognised.
//!
//! A value that is accepted as a clear-text password lets in every reader of the legacy table. So a value that may be
//! derived from a password, whole or damaged, is unreadable and never a password. An unrecognised value is a clear-text
//! password only if the operator accepts it.

use crate::{
    StoredHash, Unreadable,
    derived::looks_derived,
    escapes::{bare, visible},
};

/// A value of a password column.
pub enum StoredValue {
    /// Empty or blank.
    Empty,
    /// A mark that disables password login, such as `!` or `*`.
    Locked,
    /// A hash that can be verified.
    Hash(StoredHash),
    /// A hash, or a part of one, that cannot be verified.
    Unreadable(Unreadable),
    /// Neither known nor similar to a derived value. It is a clear-text password if the operator says that the legacy
    /// application stores such.
    Unrecognized,
}

/// Texts that systems write for a locked or missing password, in lower case. Any text after `!` or `*` is a lock too.
const LOCKS: [&str; 15] = [
    "x", "np", "lk", "nologin", "null", "none", "nil", "disabled", "locked", "unset", "invalid", "-", "n/a", "<unset>",
    "<locked>",
];
/// The number of digits after the `*` of MySQL's `PASSWORD()`.
const MYSQL_DIGITS: usize = 40;

impl StoredValue {
    /// Identifies `value`.
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
        // A lock in quotes is neither a lock nor a password, because its meaning is unclear.
        if is_lock(bare(value)) || is_lock(&visible(value)) || looks_derived(value) {
            Self::Unreadable(Unreadable::Scheme)
        } else {
            Self::Unrecognized
        }
    }
}

/// Returns whether `value` is `*` and 40 hexadecimal digits.
fn is_mysql(value: &str) -> bool {
    let is_hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    value.strip_prefix('*').is_some_and(|digits| digits.len() == MYSQL_DIGITS && is_hexadecimal(digits))
}

/// Returns whether `value` begins with `!` or `*`, or is one of [`LOCKS`].
fn is_lock(value: &str) -> bool {
    value.starts_with(['!', '*']) || LOCKS.contains(&value.to_lowercase().as_str())
}
