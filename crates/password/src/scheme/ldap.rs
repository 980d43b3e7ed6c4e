//! LDAP's `{SCHEME}` strings (RFC 2307 and the variants of directories), and Atlassian's `{PKCS5S2}`. Names are
//! case-insensitive.
//!
//! One base64 value holds the digest and then the salt; the digest's length separates them.

use super::{ParsedHash, bcrypt, crypt, phc, yescrypt};
use crate::{
    compute::{Derive, Digest},
    text,
    unreadable::Unreadable,
};

/// The longest salt, in bytes, that a directory writes.
const SALT_BYTES: usize = 64;
const ATLASSIAN_SALT_BYTES: usize = 16;
const ATLASSIAN_TAG_BYTES: usize = 32;
const ATLASSIAN_ITERATIONS: u32 = 10_000;

/// Reads `{SSHA}` and its relatives, salted; `{SHA}` and `{MD5}`, unsalted.
pub(super) fn read(text: &str) -> Result<ParsedHash, Unreadable> {
    let (name, value) = split(text)?;
    let (scheme, digest, is_salted) = match name.to_ascii_uppercase().as_str() {
        "SSHA" => ("ldap-ssha", Digest::Sha1, true),
        "SSHA256" => ("ldap-ssha256", Digest::Sha256, true),
        "SSHA512" => ("ldap-ssha512", Digest::Sha512, true),
        "SMD5" => ("ldap-smd5", Digest::Md5, true),
        "SHA" => ("ldap-sha", Digest::Sha1, false),
        "MD5" => ("ldap-md5", Digest::Md5, false),
        _ => return Err(Unreadable::Scheme),
    };
    let value = text::base64(value)?;
    let (tag, salt) = value.split_at_checked(digest.bytes()).ok_or(Unreadable::Malformed)?;
    let salt_is_sound = if is_salted { (1..=SALT_BYTES).contains(&salt.len()) } else { salt.is_empty() };
    if !salt_is_sound {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new(scheme, Derive::PasswordThenSalt(digest), salt, tag.to_vec()))
}

/// Reads `{CRYPT}` followed by a string of crypt(3).
pub(super) fn read_crypt(text: &str) -> Result<ParsedHash, Unreadable> {
    let (_, inner) = split(text)?;
    // Text before the `$` would be ignored.
    match inner.strip_prefix('$').and_then(|inner| inner.split('$').next()) {
        Some("6") => crypt::read_sha512(inner),
        Some("5") => crypt::read_sha256(inner),
        Some("1") => crypt::read_md5(inner),
        Some("2a" | "2b" | "2y") => bcrypt::read(inner),
        Some("y") => yescrypt::read(inner),
        Some("gy") => yescrypt::read_gost(inner),
        Some("7") => yescrypt::read_scrypt(inner),
        // DES, plain or extended, and the faulty variant of bcrypt.
        None | Some(_) => Err(Unreadable::Refused),
    }
}

/// Reads `{PBKDF2-SHA256}` followed by the text that passlib writes after `$pbkdf2-sha256$`.
pub(super) fn read_pbkdf2(text: &str) -> Result<ParsedHash, Unreadable> {
    let (name, rest) = split(text)?;
    let [rounds, salt, tag] = text::pieces(rest, '$')?;
    let (name, scheme) = match name.to_ascii_uppercase().as_str() {
        "PBKDF2" | "PBKDF2-SHA1" => ("pbkdf2", "ldap-pbkdf2-sha1"),
        "PBKDF2-SHA256" => ("pbkdf2-sha256", "ldap-pbkdf2-sha256"),
        "PBKDF2-SHA512" => ("pbkdf2-sha512", "ldap-pbkdf2-sha512"),
        _ => return Err(Unreadable::Scheme),
    };
    Ok(phc::passlib_pbkdf2(name, rounds, salt, tag)?.called(scheme))
}

/// Reads `{PKCS5S2}` and base64 of salt and key: Jira, Confluence.
pub(super) fn read_atlassian(text: &str) -> Result<ParsedHash, Unreadable> {
    let value = text::base64(split(text)?.1)?;
    let (salt, tag) = value.split_at_checked(ATLASSIAN_SALT_BYTES).ok_or(Unreadable::Malformed)?;
    if tag.len() != ATLASSIAN_TAG_BYTES {
        return Err(Unreadable::Malformed);
    }
    let derive = Derive::Pbkdf2 { digest: Digest::Sha1, iterations: ATLASSIAN_ITERATIONS };
    Ok(ParsedHash::new("atlassian-pkcs5s2", derive, salt, tag.to_vec()))
}

/// Splits `{NAME}REST`.
pub(super) fn split(text: &str) -> Result<(&str, &str), Unreadable> {
    text.strip_prefix('{').and_then(|text| text.split_once('}')).ok_or(Unreadable::Malformed)
}
