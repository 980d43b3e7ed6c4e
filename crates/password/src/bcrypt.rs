//! bcrypt, in its own form `$2b$COST$…` and in passlib's `$bcrypt-sha256$v=2,t=2b,r=COST$SALT$TAG`.
//!
//! bcrypt reads no more than 72 bytes. Doorward never cuts a password to fit: what is longer than 71 bytes (or holds a
//! NUL, at which many implementations stop) is hashed in the second form, which feeds bcrypt a digest of the whole
//! password. `$2a$`, `$2b$` and `$2y$` strings made elsewhere were cut by their maker, so they are checked against the
//! same 72 bytes. See `docs/decisions/0004-bcrypt-and-72-bytes.md`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bcrypt::{BASE_64, HashParts, Version};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::{limits, stored::Unreadable};

const SALT_BYTES: usize = 16;
const SALT_CHARACTERS: usize = 22;
const TAG_CHARACTERS: usize = 31;
/// Length of a whole `$2b$` string.
const STRING_BYTES: usize = 60;
/// Longest password, in bytes, that bcrypt reads whole, with the NUL that it appends.
const LONGEST_READ_WHOLE: usize = 71;

/// A parsed and bounded bcrypt string of either form.
#[derive(Clone)]
pub(crate) struct BcryptHash {
    cost: u32,
    salt: [u8; SALT_BYTES],
    /// The salt's text when the password is digested first, keyed by it.
    digest_key: Option<String>,
    /// The tag as it is written, 31 characters of bcrypt's base64.
    pub(crate) tag: String,
}

impl BcryptHash {
    /// Parses `$2a$`, `$2b$` or `$2y$`. `$2x$` marks hashes of a faulty implementation and is refused.
    pub(crate) fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut parts = text.split('$').skip(1);
        if !matches!(parts.next(), Some("2a" | "2b" | "2y")) {
            return Err(Unreadable::Scheme);
        }
        let cost = parts.next().filter(|digits| digits.len() == 2).ok_or(Unreadable::Malformed)?;
        let cost = bounded_cost(cost)?;
        let rest = parts.next().ok_or(Unreadable::Malformed)?;
        if text.len() != STRING_BYTES || parts.next().is_some() {
            return Err(Unreadable::Malformed);
        }
        let (salt, tag) = rest.split_at_checked(SALT_CHARACTERS).ok_or(Unreadable::Malformed)?;
        Self::new(cost, salt, tag, false)
    }

    /// Parses passlib's form, version 2.
    pub(crate) fn parse_digested(text: &str) -> Result<Self, Unreadable> {
        let mut parts = text.split('$').skip(1);
        if parts.next() != Some("bcrypt-sha256") {
            return Err(Unreadable::Scheme);
        }
        let cost = parts.next().and_then(|costs| costs.strip_prefix("v=2,t=2b,r=")).ok_or(Unreadable::Malformed)?;
        let cost = bounded_cost(cost)?;
        let salt = parts.next().ok_or(Unreadable::Malformed)?;
        let tag = parts.next().ok_or(Unreadable::Malformed)?;
        if parts.next().is_some() {
            return Err(Unreadable::Malformed);
        }
        Self::new(cost, salt, tag, true)
    }

    fn new(cost: u32, salt_text: &str, tag: &str, digested: bool) -> Result<Self, Unreadable> {
        let salt = BASE_64.decode(salt_text).map_err(|_| Unreadable::Malformed)?;
        let salt = <[u8; SALT_BYTES]>::try_from(salt).map_err(|_| Unreadable::Malformed)?;
        let tag_is_sound = tag.len() == TAG_CHARACTERS && BASE_64.decode(tag).is_ok();
        if salt_text.len() != SALT_CHARACTERS || !tag_is_sound {
            return Err(Unreadable::Malformed);
        }
        let digest_key = digested.then(|| salt_text.to_owned());
        Ok(Self { cost, salt, digest_key, tag: tag.to_owned() })
    }

    /// The tag text that `password` gives under this string's salt and cost.
    pub(crate) fn tag_of(&self, password: &[u8]) -> Option<String> {
        match &self.digest_key {
            None => Some(tag_text(&bcrypt::hash_with_salt(password, self.cost, self.salt).ok()?)),
            Some(key) => Some(tag_text(&bcrypt::hash_with_salt(digest(key, password)?, self.cost, self.salt).ok()?)),
        }
    }
}

/// Makes a new string: `$2b$`, or the digested form where bcrypt would not read the whole password.
pub(crate) fn hash(cost: u32, password: &[u8], salt: [u8; SALT_BYTES]) -> Option<String> {
    if password.len() <= LONGEST_READ_WHOLE && !password.contains(&0) {
        return Some(bcrypt::hash_with_salt(password, cost, salt).ok()?.format_for_version(Version::TwoB));
    }
    let salt_text = BASE_64.encode(salt);
    let parts = bcrypt::hash_with_salt(digest(&salt_text, password)?, cost, salt).ok()?;
    Some(format!("$bcrypt-sha256$v=2,t=2b,r={cost}${salt_text}${}", tag_text(&parts)))
}

/// A `$2b$` string of this cost with these bits for its salt and tag.
pub(crate) fn encode(cost: u32, salt: [u8; SALT_BYTES], tag: [u8; 23]) -> String {
    format!("$2b${cost:02}${}{}", BASE_64.encode(salt), BASE_64.encode(tag))
}

/// base64(HMAC-SHA256(key = the salt's text, password)): 44 bytes, none of them NUL.
fn digest(key: &str, password: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(password);
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

fn tag_text(parts: &HashParts) -> String {
    parts.format_for_version(Version::TwoB).split_off(STRING_BYTES - TAG_CHARACTERS)
}

fn bounded_cost(digits: &str) -> Result<u32, Unreadable> {
    // `05` is how bcrypt itself writes five, so a leading zero is right here and only here.
    let digits = digits.strip_prefix('0').unwrap_or(digits);
    crate::stored::bounded_number(digits, *limits::BCRYPT_COST.start(), *limits::BCRYPT_COST.end())
}
