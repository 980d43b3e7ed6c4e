//! Drupal 7's hash: phpass's loop over SHA-512, whose text is cut to 55 characters.
//!
//! The cut text ends within a byte, so the tag is the text and not bytes.

use super::Digest;
use crate::text::to_hash64;

/// The characters of the tag.
pub(crate) const TAG_CHARACTERS: usize = 43;
/// The longest password in bytes that Drupal accepts.
pub(crate) const PASSWORD_BYTES: usize = 512;

/// Returns the tag's text, or `None` if `log_rounds` is out of range.
pub(crate) fn tag(password: &[u8], salt: &[u8], log_rounds: u32) -> Option<Vec<u8>> {
    let rounds = 1_u32.checked_shl(log_rounds)?;
    let first = Digest::Sha512.of(&[salt, password]);
    let last = (0..rounds).fold(first, |last, _| Digest::Sha512.of(&[&last, password]));
    let mut text = to_hash64(&last);
    text.truncate(TAG_CHARACTERS);
    Some(text.into_bytes())
}
