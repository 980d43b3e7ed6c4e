//! LDAP's `{SCHEME}` strings (RFC 2307 and the variants of directories), Dovecot's, and Atlassian's `{PKCS5S2}`. Names are
//! case-insensitive.
//!
//! One value holds the digest and then the salt; the digest's length separates them. It is base64, or hexadecimal if it is
//! twice as long as an unsalted digest. Dovecot's `.HEX`, `.B64` and `.BASE64` after the name state the encoding.

use super::{ParsedHash, argon2, bcrypt, crypt, joomla, phc, yescrypt};
use crate::{
    compute::{Derive, Digest},
    limits, text,
    unreadable::Unreadable,
};

/// The longest salt, in bytes, that a directory writes.
const SALT_BYTES: usize = 64;
const ATLASSIAN_SALT_BYTES: usize = 16;
const ATLASSIAN_TAG_BYTES: usize = 32;
const ATLASSIAN_ITERATIONS: u32 = 10_000;

/// The encoding of a value, as stated by the name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Usual,
    Hex,
    Base64,
}

/// The digests by name: the scheme's name, the digest, and whether a salt follows it.
const DIGESTS: [(&str, &str, Digest, bool); 14] = [
    ("SSHA", "ldap-ssha", Digest::Sha1, true),
    ("SSHA1", "ldap-ssha", Digest::Sha1, true),
    ("SSHA256", "ldap-ssha256", Digest::Sha256, true),
    ("SSHA384", "ldap-ssha384", Digest::Sha384, true),
    ("SSHA512", "ldap-ssha512", Digest::Sha512, true),
    ("SMD5", "ldap-smd5", Digest::Md5, true),
    ("SHA", "ldap-sha", Digest::Sha1, false),
    ("SHA1", "ldap-sha", Digest::Sha1, false),
    ("SHA256", "ldap-sha256", Digest::Sha256, false),
    ("SHA384", "ldap-sha384", Digest::Sha384, false),
    ("SHA512", "ldap-sha512", Digest::Sha512, false),
    ("MD5", "ldap-md5", Digest::Md5, false),
    ("PLAIN-MD5", "ldap-md5", Digest::Md5, false),
    ("LDAP-MD5", "ldap-md5", Digest::Md5, false),
];

/// Reads any `{NAME}VALUE` of a directory or of Dovecot.
pub(super) fn read(text: &str) -> Result<ParsedHash, Unreadable> {
    let (name, value) = split(text)?;
    let (name, encoding) = encoding_of(&name.to_ascii_uppercase());
    if let Some((_, scheme, digest, is_salted)) = DIGESTS.iter().find(|(known, ..)| *known == name) {
        return match (*digest, *is_salted) {
            (Digest::Md5, false) if value.starts_with('$') => crypt::read_md5(value),
            (Digest::Sha256, false) if value.contains(':') => joomla::read_sha256(value),
            (digest, is_salted) => read_digest(scheme, digest, is_salted, (value, encoding)),
        };
    }
    let decoded = match encoding {
        Encoding::Usual => None,
        Encoding::Hex => Some(text::hex(value)?),
        Encoding::Base64 => Some(text::base64(value)?),
    };
    let value = match &decoded {
        Some(bytes) => std::str::from_utf8(bytes).map_err(|_| Unreadable::Malformed)?,
        None => value,
    };
    match name.as_str() {
        "CRYPT" | "SHA512-CRYPT" | "SHA256-CRYPT" | "MD5-CRYPT" | "BLF-CRYPT" | "BCRYPT" => read_crypt(value),
        "ARGON2" | "ARGON2I" | "ARGON2D" | "ARGON2ID" => argon2::read(value),
        "PBKDF2" if value.starts_with("$1$") => read_dovecot_pbkdf2(value),
        _ if name.starts_with("PBKDF2") => read_pbkdf2(&name, value),
        "PKCS5S2" => read_atlassian(value),
        // Passwords in clear, DES, and values that depend on the user's name or prove nothing alone.
        "PLAIN" | "CLEAR" | "CLEARTEXT" | "PLAIN-TRUNC" | "DES-CRYPT" | "NOLOGIN" => Err(Unreadable::Refused),
        _ => Err(Unreadable::Scheme),
    }
}

/// Splits the encoding off a name.
fn encoding_of(name: &str) -> (String, Encoding) {
    let (bare, encoding) = match name.rsplit_once('.') {
        Some((bare, "HEX")) => (bare, Encoding::Hex),
        Some((bare, "B64" | "BASE64")) => (bare, Encoding::Base64),
        _ => (name, Encoding::Usual),
    };
    (bare.to_owned(), encoding)
}

/// Reads a digest and its salt.
fn read_digest(
    scheme: &'static str,
    digest: Digest,
    is_salted: bool,
    (value, encoding): (&str, Encoding),
) -> Result<ParsedHash, Unreadable> {
    let is_hex = match encoding {
        Encoding::Hex => true,
        Encoding::Base64 => false,
        Encoding::Usual => !is_salted && value.len() == digest.bytes() * 2,
    };
    let value = if is_hex { text::hex(value)? } else { text::base64(value)? };
    let (tag, salt) = value.split_at_checked(digest.bytes()).ok_or(Unreadable::Malformed)?;
    let salt_is_sound = if is_salted { (1..=SALT_BYTES).contains(&salt.len()) } else { salt.is_empty() };
    if !salt_is_sound {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new(scheme, Derive::PasswordThenSalt(digest), salt, tag.to_vec()))
}

/// Reads a string of crypt(3), which begins with `$`.
fn read_crypt(inner: &str) -> Result<ParsedHash, Unreadable> {
    // Text before the `$` would be ignored.
    match inner.strip_prefix('$').and_then(|inner| inner.split('$').next()) {
        Some("6") => crypt::read_sha512(inner),
        Some("5") => crypt::read_sha256(inner),
        Some("1") => crypt::read_md5(inner),
        Some("2a" | "2b" | "2y") => bcrypt::read(inner),
        Some("y") => yescrypt::read(inner),
        Some("gy") => yescrypt::read_gost(inner),
        Some("7") => yescrypt::read_scrypt(inner),
        Some(kind) if kind.starts_with("argon2") => argon2::read(inner),
        // DES, plain or extended, and the faulty variant of bcrypt.
        None | Some(_) => Err(Unreadable::Refused),
    }
}

/// Reads the text that passlib writes after `$pbkdf2-sha256$`.
fn read_pbkdf2(name: &str, rest: &str) -> Result<ParsedHash, Unreadable> {
    let [rounds, salt, tag] = text::pieces(rest, '$')?;
    let (name, scheme) = match name {
        "PBKDF2" | "PBKDF2-SHA1" => ("pbkdf2", "ldap-pbkdf2-sha1"),
        "PBKDF2-SHA256" => ("pbkdf2-sha256", "ldap-pbkdf2-sha256"),
        "PBKDF2-SHA512" => ("pbkdf2-sha512", "ldap-pbkdf2-sha512"),
        _ => return Err(Unreadable::Scheme),
    };
    Ok(phc::passlib_pbkdf2(name, rounds, salt, tag)?.called(scheme))
}

/// Reads Dovecot's `$1$SALT$ROUNDS$HEX40`.
fn read_dovecot_pbkdf2(value: &str) -> Result<ParsedHash, Unreadable> {
    let ["", "1", salt, rounds, tag] = text::pieces(value, '$')? else { return Err(Unreadable::Malformed) };
    let iterations = text::number(rounds, 1, limits::PBKDF2_ITERATIONS)?;
    let tag = text::hex(tag)?;
    if salt.is_empty() || !text::is_salt_text(salt) || tag.len() != Digest::Sha1.bytes() {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new("dovecot-pbkdf2", Derive::Pbkdf2 { digest: Digest::Sha1, iterations }, salt, tag))
}

/// Reads base64 of salt and key: Jira, Confluence.
fn read_atlassian(value: &str) -> Result<ParsedHash, Unreadable> {
    let value = text::base64(value)?;
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
