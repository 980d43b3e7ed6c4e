//! PBKDF2 and scrypt of passlib, RustCrypto (the PHC form) and Ory Kratos, whose strings have the same prefixes.
//!
//! passlib writes `$pbkdf2-sha256$29000$SALT$TAG` in its own base64, the others `$pbkdf2-sha256$i=…,l=…$SALT$TAG`.

use super::{KEY_BYTES, ParsedHash};
use crate::{
    compute::{Derive, Digest, ScryptCost},
    limits, text,
    unreadable::Unreadable,
};

/// Kratos writes N itself where the others write its logarithm, and pads its base64. No logarithm is larger than this.
const LOGARITHM_MOST: u32 = 63;

pub(super) fn read_pbkdf2(text: &str) -> Result<ParsedHash, Unreadable> {
    let ["", name, costs, salt, tag] = text::pieces(text, '$')? else { return Err(Unreadable::Malformed) };
    if costs.contains('=') { phc_pbkdf2(name, costs, salt, tag) } else { passlib_pbkdf2(name, costs, salt, tag) }
}

/// Reads passlib's rounds, salt and tag; the tag is as long as the digest. Also reads the rest of LDAP's `{PBKDF2…}`.
pub(super) fn passlib_pbkdf2(name: &str, rounds: &str, salt: &str, tag: &str) -> Result<ParsedHash, Unreadable> {
    let (scheme, digest) = match name {
        "pbkdf2" => ("passlib-pbkdf2-sha1", Digest::Sha1),
        "pbkdf2-sha256" => ("passlib-pbkdf2-sha256", Digest::Sha256),
        "pbkdf2-sha512" => ("passlib-pbkdf2-sha512", Digest::Sha512),
        _ => return Err(Unreadable::Scheme),
    };
    let iterations = text::number(rounds, 1, limits::PBKDF2_ITERATIONS)?;
    let (salt, tag) = (text::base64_adapted(salt)?, text::base64_adapted(tag)?);
    if tag.len() != digest.bytes() {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new(scheme, Derive::Pbkdf2 { digest, iterations }, salt, tag))
}

fn phc_pbkdf2(name: &str, costs: &str, salt: &str, tag: &str) -> Result<ParsedHash, Unreadable> {
    let (scheme, digest) = match name {
        "pbkdf2" | "pbkdf2-sha1" => ("phc-pbkdf2-sha1", Digest::Sha1),
        "pbkdf2-sha224" => ("phc-pbkdf2-sha224", Digest::Sha224),
        "pbkdf2-sha256" => ("phc-pbkdf2-sha256", Digest::Sha256),
        "pbkdf2-sha384" => ("phc-pbkdf2-sha384", Digest::Sha384),
        "pbkdf2-sha512" => ("phc-pbkdf2-sha512", Digest::Sha512),
        _ => return Err(Unreadable::Scheme),
    };
    let [iterations, length] = text::pairs(costs, ["i", "l"])?;
    let iterations = text::number(iterations.ok_or(Unreadable::Malformed)?, 1, limits::PBKDF2_ITERATIONS)?;
    let (salt, tag) = (text::base64_unpadded(salt)?, text::base64_unpadded(tag)?);
    // A length in the string reveals a truncated tag.
    let is_whole = length.is_some() || KEY_BYTES.contains(&tag.len()) || tag.len() == digest.bytes();
    if !is_whole || length.is_some_and(|length| length != tag.len().to_string()) {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new(scheme, Derive::Pbkdf2 { digest, iterations }, salt, tag))
}

/// Reads `$scrypt$ln=16,r=8,p=1$SALT$TAG`.
pub(super) fn read_scrypt(text: &str) -> Result<ParsedHash, Unreadable> {
    let ["", _, costs, salt, tag] = text::pieces(text, '$')? else { return Err(Unreadable::Malformed) };
    let [Some(n), Some(r), Some(p)] = text::pairs(costs, ["ln", "r", "p"])? else {
        return Err(Unreadable::Malformed);
    };
    let (n, r, p) = (text::number(n, 1, u32::MAX)?, text::number(r, 1, u32::MAX)?, text::number(p, 1, u32::MAX)?);
    let is_of_kratos = n > LOGARITHM_MOST;
    let cost = if is_of_kratos { ScryptCost::of_n(n, r, p)? } else { ScryptCost::new(n, r, p)? };
    let decode = if is_of_kratos { text::base64 } else { text::base64_unpadded };
    let (salt, tag) = (decode(salt)?, decode(tag)?);
    if !KEY_BYTES.contains(&tag.len()) {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new("scrypt", Derive::Scrypt(cost), salt, tag))
}
