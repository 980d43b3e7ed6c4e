//! argon2 (RFC 9106) in the PHC string form `$argon2id$v=19$m=…,t=…,p=…[,data=…]$SALT$TAG`.
//!
//! The parameters may come in any order: npm's argon2 writes `m,p,t`. A `keyid` means that a secret key was used, which
//! no string holds, so such a string is rejected.

use argon2::{Algorithm, AssociatedData, Params, ParamsBuilder, Version};

use super::ParsedHash;
use crate::{compute::Derive, limits, text, unreadable::Unreadable};

/// The shortest salt, in bytes, that argon2 accepts.
const SALT_BYTES_MINIMUM: usize = 8;

pub(super) fn read(text: &str) -> Result<ParsedHash, Unreadable> {
    let (name, rest) = text.strip_prefix('$').and_then(|text| text.split_once('$')).ok_or(Unreadable::Malformed)?;
    let (algorithm, scheme) = match name {
        "argon2id" => (Algorithm::Argon2id, "argon2id"),
        "argon2i" => (Algorithm::Argon2i, "argon2i"),
        "argon2d" => (Algorithm::Argon2d, "argon2d"),
        _ => return Err(Unreadable::Scheme),
    };
    // RFC 9106 §3.1: a string without a version has version 0x10.
    let (version, rest) = match rest.strip_prefix("v=").map(|rest| rest.split_once('$')) {
        Some(Some(("19", rest))) => (Version::V0x13, rest),
        Some(Some(("16", rest))) => (Version::V0x10, rest),
        Some(_) => return Err(Unreadable::Malformed),
        None => (Version::V0x10, rest),
    };
    let [costs, salt, tag] = text::pieces(rest, '$')?;
    let (salt, tag) = (text::base64_unpadded(salt)?, text::base64_unpadded(tag)?);
    if salt.len() < SALT_BYTES_MINIMUM {
        return Err(Unreadable::Malformed);
    }
    let params = params(costs, tag.len())?;
    Ok(ParsedHash::new(scheme, Derive::Argon2 { algorithm, version, params }, salt, tag))
}

/// Reads `m=…,t=…,p=…` in any order, each exactly once.
fn params(costs: &str, tag_bytes: usize) -> Result<Params, Unreadable> {
    let [memory, passes, lanes, data] = text::pairs(costs, ["m", "t", "p", "data"])?;
    let required = |value: Option<&str>, most| text::number(value.ok_or(Unreadable::Malformed)?, 1, most);
    let mut builder = ParamsBuilder::new();
    builder
        .m_cost(required(memory, limits::MEMORY_KIB)?)
        .t_cost(required(passes, limits::ARGON2_ITERATIONS)?)
        .p_cost(required(lanes, limits::PARALLELISM)?)
        .output_len(tag_bytes);
    if let Some(data) = data {
        let data = text::base64_unpadded(data)?;
        builder.data(AssociatedData::new(&data).map_err(|_| Unreadable::Malformed)?);
    }
    builder.build().map_err(|_| Unreadable::Malformed)
}
