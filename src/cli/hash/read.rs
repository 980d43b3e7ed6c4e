//! Reads a stored string as a password hash.

use doorward_password::{StoredHash, StoredValue};

/// Returns a hash that can be checked, or the reason why it cannot.
pub(super) fn stored(bytes: &[u8]) -> Result<StoredHash, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "not valid UTF-8, so not a hash".to_owned())?;
    match StoredValue::identify(text) {
        StoredValue::Hash(stored) => Ok(stored),
        StoredValue::Unreadable(why) => Err(why.to_string()),
        StoredValue::Empty => Err("an empty string".to_owned()),
        StoredValue::Locked => Err("a mark that disables password login".to_owned()),
        StoredValue::Unrecognized => Err("not a hash of a known scheme; possibly a plaintext password".to_owned()),
    }
}
