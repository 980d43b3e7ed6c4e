//! Spring Security's `{id}` strings, for the encoders of its delegating encoder. `{noop}` is rejected elsewhere.
//!
//! The id fixes the costs, unless the rest of the string carries them.

use super::{
    KEY_BYTES, ParsedHash, argon2, bcrypt,
    ldap::{self, split},
};
use crate::{
    compute::{Derive, Digest, ScryptCost},
    text,
    unreadable::Unreadable,
};

const TAG_BYTES: usize = 32;
/// `StandardPasswordEncoder`: the rounds of SHA-256.
const SHA256_ROUNDS: u32 = 1024;
/// The hexadecimal digits of its salt and tag.
const SHA256_DIGITS: usize = 2 * (8 + TAG_BYTES);
/// `Pbkdf2PasswordEncoder` before 5.8: iterations and bytes of salt.
const PBKDF2: (u32, usize) = (185_000, 8);
/// `Pbkdf2PasswordEncoder.defaultsForSpringSecurity_v5_8`: iterations and bytes of salt.
const PBKDF2_OF_5_8: (u32, usize) = (310_000, 16);

pub(super) fn read_bcrypt(text: &str) -> Result<ParsedHash, Unreadable> {
    Ok(bcrypt::read(split(text)?.1)?.called("spring-bcrypt"))
}

pub(super) fn read_argon2(text: &str) -> Result<ParsedHash, Unreadable> {
    Ok(argon2::read(split(text)?.1)?.called("spring-argon2"))
}

pub(super) fn read_pbkdf2(text: &str) -> Result<ParsedHash, Unreadable> {
    // Dovecot writes the same name in any case.
    if text.contains('$') {
        return ldap::read(text);
    }
    let derive = Derive::Pbkdf2 { digest: Digest::Sha1, iterations: PBKDF2.0 };
    salt_then_tag("spring-pbkdf2", derive, PBKDF2.1, text)
}

pub(super) fn read_pbkdf2_of_5_8(text: &str) -> Result<ParsedHash, Unreadable> {
    let derive = Derive::Pbkdf2 { digest: Digest::Sha256, iterations: PBKDF2_OF_5_8.0 };
    salt_then_tag("spring-pbkdf2-v5.8", derive, PBKDF2_OF_5_8.1, text)
}

pub(super) fn read_sha256(text: &str) -> Result<ParsedHash, Unreadable> {
    // Joomla and Dovecot write the same name in any case.
    if split(text)?.1.len() != SHA256_DIGITS {
        return ldap::read(text);
    }
    let derive = Derive::SaltThenPassword { digest: Digest::Sha256, rounds: SHA256_ROUNDS };
    salt_then_tag("spring-sha256", derive, 8, text)
}

/// Reads `$e0801$SALT$TAG`: log₂ N, r and p in one hexadecimal number.
pub(super) fn read_scrypt(text: &str) -> Result<ParsedHash, Unreadable> {
    let ["", numbers, salt, tag] = text::pieces(split(text)?.1, '$')? else { return Err(Unreadable::Malformed) };
    let number = u32::from_str_radix(numbers, 16).map_err(|_| Unreadable::Malformed)?;
    if format!("{number:x}") != numbers {
        return Err(Unreadable::Malformed);
    }
    let cost = ScryptCost::new(number >> 16, (number >> 8) & 0xff, number & 0xff)?;
    let tag = text::base64(tag)?;
    if !KEY_BYTES.contains(&tag.len()) {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new("spring-scrypt", Derive::Scrypt(cost), text::base64(salt)?, tag))
}

/// Reads salt and tag in one hexadecimal value.
fn salt_then_tag(
    scheme: &'static str,
    derive: Derive,
    salt_bytes: usize,
    text: &str,
) -> Result<ParsedHash, Unreadable> {
    let value = text::hex(split(text)?.1)?;
    let (salt, tag) = value.split_at_checked(salt_bytes).ok_or(Unreadable::Malformed)?;
    if tag.len() != TAG_BYTES {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new(scheme, derive, salt, tag.to_vec()))
}
