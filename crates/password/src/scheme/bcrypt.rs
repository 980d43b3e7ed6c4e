//! bcrypt in its own form `$2b$COST$…`, passlib's `$bcrypt-sha256$…` in both versions, and WordPress's `$wp$2y$…`.
//!
//! The latter two pass a digest of the password to bcrypt, so nothing is truncated.

use base64::Engine as _;
use bcrypt::BASE_64;

use super::{ParsedHash, Prepare};
use crate::{
    compute::{Derive, bcrypt::SALT_BYTES, bcrypt::TAG_BYTES},
    limits, text,
    unreadable::Unreadable,
};

const SALT_CHARACTERS: usize = 22;
const TAG_CHARACTERS: usize = 31;

/// Reads `$2a$`, `$2b$` or `$2y$`, two digits, 22 characters of salt and 31 of tag.
pub(super) fn read(text: &str) -> Result<ParsedHash, Unreadable> {
    let ["", version, cost, rest] = text::pieces(text, '$')? else { return Err(Unreadable::Malformed) };
    let (salt, tag) = rest.split_at_checked(SALT_CHARACTERS).ok_or(Unreadable::Malformed)?;
    if !is_version(version) || cost.len() != 2 {
        return Err(Unreadable::Malformed);
    }
    // bcrypt itself writes five as `05`, so this is the only format with a leading zero.
    parsed_hash("bcrypt", cost.strip_prefix('0').unwrap_or(cost), salt, tag)
}

/// Reads `$bcrypt-sha256$v=2,t=2b,r=12$SALT$TAG`, or version 1 `$bcrypt-sha256$2b,12$SALT$TAG`.
pub(super) fn read_passlib_sha256(text: &str) -> Result<ParsedHash, Unreadable> {
    let ["", _, costs, salt, tag] = text::pieces(text, '$')? else { return Err(Unreadable::Malformed) };
    if costs.starts_with("v=") {
        let [Some("2"), Some(version), Some(cost)] = text::pairs(costs, ["v", "t", "r"])? else {
            return Err(Unreadable::Malformed);
        };
        if !is_version(version) {
            return Err(Unreadable::Malformed);
        }
        return Ok(parsed_hash("bcrypt-sha256", cost, salt, tag)?.prepared(Prepare::KeyedBase64(salt.to_owned())));
    }
    let [version, cost] = text::pieces(costs, ',')?;
    if !is_version(version) {
        return Err(Unreadable::Malformed);
    }
    Ok(parsed_hash("bcrypt-sha256-v1", cost, salt, tag)?.prepared(Prepare::Sha256Base64))
}

/// Reads `$wp` followed by a bcrypt string.
pub(super) fn read_wordpress(text: &str) -> Result<ParsedHash, Unreadable> {
    let inner = text.strip_prefix("$wp").ok_or(Unreadable::Malformed)?;
    Ok(read(inner)?.called("wordpress-bcrypt").prepared(Prepare::WordPress))
}

fn is_version(text: &str) -> bool {
    matches!(text, "2a" | "2b" | "2y")
}

fn parsed_hash(scheme: &'static str, cost: &str, salt: &str, tag: &str) -> Result<ParsedHash, Unreadable> {
    let cost = text::number(cost, *limits::BCRYPT_COST.start(), *limits::BCRYPT_COST.end())?;
    let decode = |text: &str| BASE_64.decode(text).map_err(|_| Unreadable::Malformed);
    let lengths = (salt.len(), tag.len());
    let (salt, tag) = (decode(salt)?, decode(tag)?);
    if lengths != (SALT_CHARACTERS, TAG_CHARACTERS) || (salt.len(), tag.len()) != (SALT_BYTES, TAG_BYTES) {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new(scheme, Derive::Bcrypt { cost }, salt, tag))
}
