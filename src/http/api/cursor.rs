//! Cursors: the position where the next page of a list begins, as an opaque text.
//!
//! A byte for the list and the bytes of the last item's key, in base64url. A cursor is neither secret nor trusted: it is a
//! value in a condition and never SQL. Invariant: a cursor that [`write`] did not make for this list is refused.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The most characters of a cursor: enough for the longest key of a name.
pub const CHARACTERS: usize = 1024;

/// The list of a cursor. Its number is the first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum List {
    /// By the key of the name.
    Users = 1,
    /// By uid, newest first.
    AuditEvents = 2,
    /// By uid, oldest first.
    Sessions = 3,
}

/// Returns the cursor of the page after `key`.
pub fn write(list: List, key: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(1 + key.len());
    bytes.push(list as u8);
    bytes.extend_from_slice(key);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns the key in a cursor; `None` if it is not a cursor of the list with this number.
pub fn read(list: u8, text: &str) -> Option<Vec<u8>> {
    if text.len() > CHARACTERS {
        return None;
    }
    let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    if bytes.len() < 2 || bytes.first() != Some(&list) {
        return None;
    }
    Some(bytes.split_off(1))
}
