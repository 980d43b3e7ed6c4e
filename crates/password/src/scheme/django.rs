//! Django: `ALGORITHM$…`, from PBKDF2 down to its unsalted MD5.
//!
//! The salt is the text itself, not decoded bytes. Both Django (digest of salt and password) and Werkzeug before
//! version 3 (HMAC with the salt as key) write `md5$SALT$HEX` and `sha1$SALT$HEX`, so both are tried.

use super::{ParsedHash, Prepare, argon2, bcrypt};
use crate::{
    compute::{Derive, Digest, ScryptCost},
    limits, text,
    unreadable::Unreadable,
};

const SCRYPT_TAG_BYTES: usize = 64;

/// Reads `pbkdf2_sha256$ITERATIONS$SALT$BASE64`.
pub(super) fn read_pbkdf2(text: &str) -> Result<ParsedHash, Unreadable> {
    let [name, iterations, salt, tag] = text::pieces(text, '$')?;
    let (scheme, digest) = match name {
        "pbkdf2_sha256" => ("django-pbkdf2-sha256", Digest::Sha256),
        "pbkdf2_sha1" => ("django-pbkdf2-sha1", Digest::Sha1),
        _ => return Err(Unreadable::Scheme),
    };
    let iterations = text::number(iterations, 1, limits::PBKDF2_ITERATIONS)?;
    let tag = text::base64(tag)?;
    if salt.is_empty() || !text::is_salt_text(salt) || tag.len() != digest.bytes() {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new(scheme, Derive::Pbkdf2 { digest, iterations }, salt, tag))
}

/// Reads `argon2` followed by a PHC string.
pub(super) fn read_argon2(text: &str) -> Result<ParsedHash, Unreadable> {
    let inner = text.strip_prefix("argon2").ok_or(Unreadable::Malformed)?;
    Ok(argon2::read(inner)?.called("django-argon2"))
}

/// Reads `bcrypt$` followed by a bcrypt string.
pub(super) fn read_bcrypt(text: &str) -> Result<ParsedHash, Unreadable> {
    let inner = text.strip_prefix("bcrypt$").ok_or(Unreadable::Malformed)?;
    Ok(bcrypt::read(inner)?.called("django-bcrypt"))
}

/// Reads `bcrypt_sha256$` followed by a bcrypt string.
pub(super) fn read_bcrypt_sha256(text: &str) -> Result<ParsedHash, Unreadable> {
    let inner = text.strip_prefix("bcrypt_sha256$").ok_or(Unreadable::Malformed)?;
    Ok(bcrypt::read(inner)?.called("django-bcrypt-sha256").prepared(Prepare::Sha256Hex))
}

/// Reads `scrypt$N$SALT$r$p$BASE64`, in this order.
pub(super) fn read_scrypt(text: &str) -> Result<ParsedHash, Unreadable> {
    let [_, n, salt, r, p, tag] = text::pieces(text, '$')?;
    let number = |text| text::number(text, 1, u32::MAX);
    let cost = ScryptCost::of_n(number(n)?, number(r)?, number(p)?)?;
    let tag = text::base64(tag)?;
    if salt.is_empty() || !text::is_salt_text(salt) || tag.len() != SCRYPT_TAG_BYTES {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new("django-scrypt", Derive::Scrypt(cost), salt, tag))
}

/// Reads `md5$SALT$HEX` and `sha1$SALT$HEX`; without a salt, the digest alone.
pub(super) fn read_digest(text: &str) -> Result<ParsedHash, Unreadable> {
    let [name, salt, tag] = text::pieces(text, '$')?;
    let (scheme, digest) = match name {
        "md5" => ("django-md5", Digest::Md5),
        "sha1" => ("django-sha1", Digest::Sha1),
        _ => return Err(Unreadable::Scheme),
    };
    let tag = text::hex(tag)?;
    if tag.len() != digest.bytes() || !text::is_salt_text(salt) {
        return Err(Unreadable::Malformed);
    }
    if salt.is_empty() {
        return Ok(ParsedHash::new("unsalted-digest", Derive::PasswordThenSalt(digest), "", tag));
    }
    let parsed_hash = ParsedHash::new(scheme, Derive::SaltThenPassword { digest, rounds: 1 }, salt, tag);
    Ok(parsed_hash.or(Derive::KeyedBySalt(digest)))
}

/// Reads 32 hexadecimal digits: a bare MD5.
pub(super) fn read_unsalted_md5(text: &str) -> Result<ParsedHash, Unreadable> {
    let tag = text::hex(text).map_err(|_| Unreadable::Scheme)?;
    Ok(ParsedHash::new("unsalted-digest", Derive::PasswordThenSalt(Digest::Md5), "", tag))
}
