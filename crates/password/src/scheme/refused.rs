//! Known strings that are never checked: plaintext passwords, locked accounts, and hashes that no longer protect.
//!
//! Their names help an operator who imports a table: these users need a new password, or have none on purpose.

use super::ParsedHash;
use crate::{text, unreadable::Unreadable};

/// Rejects `{noop}…`, `plain$…`, `*…`, `!…` and `$2x$…`, the hashes of a faulty bcrypt.
pub(super) fn read(_text: &str) -> Result<ParsedHash, Unreadable> {
    Err(Unreadable::Refused)
}

/// Rejects traditional DES crypt, 13 characters, which reads only eight bytes of seven bits of a password.
///
/// The format has no prefix, and a word of 13 letters may be a plaintext password. So a hash is identified by letters
/// of both cases, which are nearly always present, and by its last character: its two unused bits are zero.
pub(super) fn read_des(text: &str) -> Result<ParsedHash, Unreadable> {
    let signs = text.as_bytes();
    let is_hash64 = signs.iter().all(|sign| text::hash64_value(*sign).is_ok());
    let is_mixed = signs.iter().any(u8::is_ascii_uppercase) && signs.iter().any(u8::is_ascii_lowercase);
    let ends_clear = signs.last().is_some_and(|sign| text::hash64_value(*sign).is_ok_and(|value| value % 4 == 0));
    Err(if is_hash64 && is_mixed && ends_clear { Unreadable::Refused } else { Unreadable::Scheme })
}

/// Rejects BSDi's extended DES crypt, `_` and 19 characters.
pub(super) fn read_extended_des(text: &str) -> Result<ParsedHash, Unreadable> {
    Err(if text.len() == 20 { Unreadable::Refused } else { Unreadable::Scheme })
}
