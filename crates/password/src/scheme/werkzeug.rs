//! Werkzeug: `pbkdf2:DIGEST:ITERATIONS$SALT$HEX`, `scrypt:N:r:p$SALT$HEX`, and before version 3 `DIGEST$SALT$HEX`.
//!
//! The salt is the text itself, not decoded bytes. The tag is as long as the digest, or 64 bytes for scrypt.

use super::ParsedHash;
use crate::{
    compute::{Derive, Digest, ScryptCost},
    limits, text,
    unreadable::Unreadable,
};

const SCRYPT_TAG_BYTES: usize = 64;

pub(super) fn read_pbkdf2(text: &str) -> Result<ParsedHash, Unreadable> {
    let [method, salt, tag] = text::pieces(text, '$')?;
    // Without a count the string means the default of an unknown version, so it cannot be checked.
    let [_, name, iterations] = text::pieces(method, ':')?;
    let digest = Digest::named(name).ok_or(Unreadable::Scheme)?;
    let scheme = match digest {
        Digest::Md5 => "werkzeug-pbkdf2-md5",
        Digest::Sha1 => "werkzeug-pbkdf2-sha1",
        Digest::Sha224 => "werkzeug-pbkdf2-sha224",
        Digest::Sha256 => "werkzeug-pbkdf2-sha256",
        Digest::Sha384 => "werkzeug-pbkdf2-sha384",
        Digest::Sha512 => "werkzeug-pbkdf2-sha512",
    };
    let iterations = text::number(iterations, 1, limits::PBKDF2_ITERATIONS)?;
    parsed_hash(scheme, Derive::Pbkdf2 { digest, iterations }, salt, tag, digest.bytes())
}

pub(super) fn read_scrypt(text: &str) -> Result<ParsedHash, Unreadable> {
    let [method, salt, tag] = text::pieces(text, '$')?;
    let [_, n, r, p] = text::pieces(method, ':')?;
    let number = |text| text::number(text, 1, u32::MAX);
    let cost = ScryptCost::of_n(number(n)?, number(r)?, number(p)?)?;
    parsed_hash("werkzeug-scrypt", Derive::Scrypt(cost), salt, tag, SCRYPT_TAG_BYTES)
}

/// Reads `sha256$SALT$HEX`, HMAC with the salt as key; without a salt, the digest alone.
pub(super) fn read_keyed(text: &str) -> Result<ParsedHash, Unreadable> {
    let [name, salt, tag] = text::pieces(text, '$')?;
    let digest = Digest::named(name).ok_or(Unreadable::Scheme)?;
    let tag = text::hex(tag)?;
    if tag.len() != digest.bytes() {
        return Err(Unreadable::Malformed);
    }
    if salt.is_empty() {
        return Ok(ParsedHash::new("unsalted-digest", Derive::PasswordThenSalt(digest), "", tag));
    }
    if !text::is_salt_text(salt) {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new("werkzeug-hmac", Derive::KeyedBySalt(digest), salt, tag))
}

fn parsed_hash(
    scheme: &'static str,
    derive: Derive,
    salt: &str,
    tag: &str,
    tag_bytes: usize,
) -> Result<ParsedHash, Unreadable> {
    let tag = text::hex(tag)?;
    if salt.is_empty() || !text::is_salt_text(salt) || tag.len() != tag_bytes {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new(scheme, derive, salt, tag))
}
