//! What is known and never checked: passwords in clear, locked accounts, and hashes that are no protection any more.
//!
//! To name them is of use to whoever takes over a table: these users need a new password, or have none on purpose.

use super::ParsedHash;
use crate::{stored::Unreadable, text};

/// `{noop}…`, `plain$…`, `*…`, `!…` and `$2x$…`, the hashes of a faulty bcrypt.
pub(super) fn read(_text: &str) -> Result<ParsedHash, Unreadable> {
    Err(Unreadable::Refused)
}

/// Traditional DES crypt, 13 signs: eight bytes of seven bits each are all that it reads of a password.
///
/// It has no mark of its own, and a word of 13 letters may be somebody's password in clear. So it is told by what chance
/// nearly always gives (letters of both cases) and by its last sign, which carries four bits and two that are clear.
pub(super) fn read_des(text: &str) -> Result<ParsedHash, Unreadable> {
    let signs = text.as_bytes();
    let is_hash64 = signs.iter().all(|sign| text::hash64_value(*sign).is_ok());
    let is_mixed = signs.iter().any(u8::is_ascii_uppercase) && signs.iter().any(u8::is_ascii_lowercase);
    let ends_clear = signs.last().is_some_and(|sign| text::hash64_value(*sign).is_ok_and(|value| value % 4 == 0));
    Err(if is_hash64 && is_mixed && ends_clear { Unreadable::Refused } else { Unreadable::Scheme })
}

/// BSDi's extended DES crypt, `_` and 19 signs.
pub(super) fn read_extended_des(text: &str) -> Result<ParsedHash, Unreadable> {
    Err(if text.len() == 20 { Unreadable::Refused } else { Unreadable::Scheme })
}
