//! Cursors: where the next page of a list begins, as text that clients need not understand.
//!
//! A byte that says of which list, and the plain bytes of the last item's key, in base64url. Nothing in it is secret or
//! trusted: it is a value of a condition and never SQL. Invariant: what [`write`] did not make for this list is refused.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Longest cursor, in characters: room for the longest key that a name can have.
pub const CHARACTERS: usize = 1024;

/// The list that a cursor belongs to; its number is the first byte.
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

/// The cursor that begins after `key`.
pub fn write(list: List, key: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(1 + key.len());
    bytes.push(list as u8);
    bytes.extend_from_slice(key);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The key that `text` begins after; `None` when it is no cursor of this list.
pub fn read(list: List, text: &str) -> Option<Vec<u8>> {
    if text.len() > CHARACTERS {
        return None;
    }
    let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    if bytes.len() < 2 || bytes.first() != Some(&(list as u8)) {
        return None;
    }
    Some(bytes.split_off(1))
}
