//! Keycloak's credentials: `{"secretData": …, "credentialData": …}`, two columns of JSON in one value.
//!
//! Each column may be the JSON text, as in the table, or the object itself. Unneeded members are ignored.

use argon2::{Algorithm, Params, Version};
use serde_json::Value;

use super::{KEY_BYTES, ParsedHash};
use crate::{
    compute::{Derive, Digest},
    limits, text,
    unreadable::Unreadable,
};

pub(super) fn read(text: &str) -> Result<ParsedHash, Unreadable> {
    let whole: Value = serde_json::from_str(text).map_err(|_| Unreadable::Malformed)?;
    let (secret, credential) = (column(&whole, "secretData")?, column(&whole, "credentialData")?);
    let field = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
    let tag = text::base64(&field(&secret, "value").ok_or(Unreadable::Malformed)?)?;
    let salt = text::base64(&field(&secret, "salt").ok_or(Unreadable::Malformed)?)?;
    let iterations = number(credential.get("hashIterations"), limits::PBKDF2_ITERATIONS)?;
    let pbkdf2 = |digest| Derive::Pbkdf2 { digest, iterations };
    let (scheme, derive) = match field(&credential, "algorithm").as_deref() {
        Some("pbkdf2") => ("keycloak-pbkdf2-sha1", pbkdf2(Digest::Sha1)),
        Some("pbkdf2-sha256") => ("keycloak-pbkdf2-sha256", pbkdf2(Digest::Sha256)),
        Some("pbkdf2-sha512") => ("keycloak-pbkdf2-sha512", pbkdf2(Digest::Sha512)),
        Some("argon2") => ("keycloak-argon2", argon2(&credential, iterations, (salt.len(), tag.len()))?),
        Some(_) => return Err(Unreadable::Scheme),
        None => return Err(Unreadable::Malformed),
    };
    // argon2 hashes the length too, so a truncated tag matches no password.
    let is_whole = KEY_BYTES.contains(&tag.len()) || !matches!(derive, Derive::Pbkdf2 { .. });
    if is_whole { Ok(ParsedHash::new(scheme, derive, salt, tag)) } else { Err(Unreadable::Malformed) }
}

/// Reads Keycloak 25 and later: memory, lanes, kind and version are each a list with one text.
fn argon2(credential: &Value, passes: u32, (salt_bytes, tag_bytes): (usize, usize)) -> Result<Derive, Unreadable> {
    let extra = credential.get("additionalParameters").ok_or(Unreadable::Malformed)?;
    let one = |name| extra.get(name).and_then(|list| list.get(0));
    let text = |name| one(name).and_then(Value::as_str);
    let algorithm = match text("type") {
        Some("id") => Algorithm::Argon2id,
        Some("i") => Algorithm::Argon2i,
        Some("d") => Algorithm::Argon2d,
        _ => return Err(Unreadable::Malformed),
    };
    let version = match text("version") {
        Some("1.3") => Version::V0x13,
        Some("1.0") => Version::V0x10,
        _ => return Err(Unreadable::Malformed),
    };
    let (memory, lanes) =
        (number(one("memory"), limits::MEMORY_KIB)?, number(one("parallelism"), limits::PARALLELISM)?);
    if passes > limits::ARGON2_ITERATIONS {
        return Err(Unreadable::Cost);
    }
    let length_is_sound = one("hashLength").is_none_or(|length| {
        number(Some(length), u32::MAX) == u32::try_from(tag_bytes).map_err(|_| Unreadable::Malformed)
    });
    if salt_bytes < argon2::MIN_SALT_LEN || !length_is_sound {
        return Err(Unreadable::Malformed);
    }
    let params = Params::new(memory, passes, lanes, Some(tag_bytes)).map_err(|_| Unreadable::Malformed)?;
    Ok(Derive::Argon2 { algorithm, version, params })
}

/// Reads a column: an object, or the JSON text of one.
fn column(whole: &Value, name: &str) -> Result<Value, Unreadable> {
    match whole.get(name) {
        Some(Value::String(text)) => serde_json::from_str(text).map_err(|_| Unreadable::Malformed),
        Some(value @ Value::Object(_)) => Ok(value.clone()),
        _ => Err(Unreadable::Malformed),
    }
}

/// Reads a positive integer, written as a number or as digits.
fn number(value: Option<&Value>, most: u32) -> Result<u32, Unreadable> {
    match value {
        Some(Value::String(digits)) => text::number(digits, 1, most),
        Some(Value::Number(number)) => text::number(&number.to_string(), 1, most),
        _ => Err(Unreadable::Malformed),
    }
}
