//! ASP.NET Identity, versions 2 and 3: base64 of a version byte and the fields of that version.
//!
//! Both begin with `A` and have no other mark.

use super::{KEY_BYTES, ParsedHash};
use crate::{
    compute::{Derive, Digest},
    limits, text,
    unreadable::Unreadable,
};

/// Version 2: the iterations of PBKDF2-SHA1, which are fixed.
const ITERATIONS_OF_2: u32 = 1000;
const SALT_BYTES: usize = 16;
const TAG_BYTES_OF_2: usize = 32;
/// The least size of numbers, salt and key in version 3. A shorter value is something else.
const BYTES_OF_3: usize = 12 + 16 + 16;

pub(super) fn read(text: &str) -> Result<ParsedHash, Unreadable> {
    let value = text::base64(text).map_err(|_| Unreadable::Scheme)?;
    match value.split_first() {
        Some((0, rest)) => version_2(rest),
        Some((1, rest)) if rest.len() >= BYTES_OF_3 => version_3(rest),
        _ => Err(Unreadable::Scheme),
    }
}

/// Reads salt and key.
fn version_2(rest: &[u8]) -> Result<ParsedHash, Unreadable> {
    let (salt, tag) = rest.split_at_checked(SALT_BYTES).ok_or(Unreadable::Scheme)?;
    if tag.len() != TAG_BYTES_OF_2 {
        return Err(Unreadable::Scheme);
    }
    let derive = Derive::Pbkdf2 { digest: Digest::Sha1, iterations: ITERATIONS_OF_2 };
    Ok(ParsedHash::new("aspnet-identity-v2", derive, salt, tag.to_vec()))
}

/// Reads three big-endian 32-bit numbers (digest, iterations, length of the salt), then salt and key.
fn version_3(rest: &[u8]) -> Result<ParsedHash, Unreadable> {
    let (numbers, rest) = rest.split_at_checked(12).ok_or(Unreadable::Malformed)?;
    let (words, _) = numbers.as_chunks::<4>();
    let [digest, iterations, salt_bytes] = words else { return Err(Unreadable::Malformed) };
    let (scheme, digest) = match u32::from_be_bytes(*digest) {
        0 => ("aspnet-identity-v3-sha1", Digest::Sha1),
        1 => ("aspnet-identity-v3-sha256", Digest::Sha256),
        2 => ("aspnet-identity-v3-sha512", Digest::Sha512),
        _ => return Err(Unreadable::Malformed),
    };
    let iterations = u32::from_be_bytes(*iterations);
    if iterations == 0 {
        return Err(Unreadable::Malformed);
    }
    if iterations > limits::PBKDF2_ITERATIONS {
        return Err(Unreadable::Cost);
    }
    let salt_bytes = usize::try_from(u32::from_be_bytes(*salt_bytes)).map_err(|_| Unreadable::Malformed)?;
    let (salt, tag) = rest.split_at_checked(salt_bytes).ok_or(Unreadable::Malformed)?;
    // ASP.NET itself rejects a salt of less than 128 bits.
    if salt.len() < SALT_BYTES || !KEY_BYTES.contains(&tag.len()) {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new(scheme, Derive::Pbkdf2 { digest, iterations }, salt, tag.to_vec()))
}
