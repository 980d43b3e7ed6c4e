//! bcrypt of the first 72 bytes, as in other implementations. See `docs/internals/decisions/0004-bcrypt-and-72-bytes.md`.
//!
//! This module knows no hash string and no digest before bcrypt. It is the only place that truncates.

/// The length of a salt in bytes.
pub(crate) const SALT_BYTES: usize = 16;
/// The length of a tag in bytes: bcrypt's output without its last byte, which no format keeps.
pub(crate) const TAG_BYTES: usize = 23;
/// The bytes of a password that bcrypt reads, including the final NUL.
const BYTES_READ: usize = 72;

/// Returns the tag of `password`, or `None` unless `salt` has 16 bytes.
pub(crate) fn tag(password: &[u8], salt: &[u8], cost: u32) -> Option<Vec<u8>> {
    let salt = <[u8; SALT_BYTES]>::try_from(salt).ok()?;
    let mut read = zeroize::Zeroizing::new([0; BYTES_READ]);
    read.iter_mut().zip(password).for_each(|(to, from)| *to = *from);
    let length = (password.len() + 1).min(BYTES_READ);
    let mut tag = bcrypt::bcrypt(cost.min(31), salt, read.get(..length)?).to_vec();
    tag.truncate(TAG_BYTES);
    Some(tag)
}
