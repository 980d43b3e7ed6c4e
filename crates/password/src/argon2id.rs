//! argon2 (RFC 9106) in the PHC string form `$argon2id$v=19$m=…,t=…,p=…$SALT$TAG`: parse, bound, compute.
//!
//! The computation stands behind [`kernel::argon2`] alone, so that a faster one can take its place.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

use crate::{kernel, limits, stored::Unreadable};

/// Length of the tags that this crate makes, in bytes.
const TAG_BYTES: usize = 32;

/// A parsed and bounded argon2 string.
#[derive(Clone)]
pub(crate) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    pub(crate) tag: Vec<u8>,
}

impl Argon2Hash {
    /// Parses `text`, a whole PHC string that begins with `$argon2`.
    pub(crate) fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut parts = text.split('$').skip(1);
        let algorithm = match parts.next() {
            Some("argon2id") => Algorithm::Argon2id,
            Some("argon2i") => Algorithm::Argon2i,
            Some("argon2d") => Algorithm::Argon2d,
            _ => return Err(Unreadable::Scheme),
        };
        let mut next = parts.next().ok_or(Unreadable::Malformed)?;
        // RFC 9106 §3.1: a string without a version is of version 0x10.
        let mut version = Version::V0x10;
        if let Some(number) = next.strip_prefix("v=") {
            version = match number {
                "19" => Version::V0x13,
                "16" => Version::V0x10,
                _ => return Err(Unreadable::Malformed),
            };
            next = parts.next().ok_or(Unreadable::Malformed)?;
        }
        let (memory, iterations, parallelism) = parse_costs(next)?;
        let salt = decode(parts.next(), 8, limits::SALT_BYTES)?;
        let tag = decode(parts.next(), limits::TAG_BYTES_MINIMUM, limits::TAG_BYTES)?;
        if parts.next().is_some() {
            return Err(Unreadable::Malformed);
        }
        let params =
            Params::new(memory, iterations, parallelism, Some(tag.len())).map_err(|_| Unreadable::Malformed)?;
        Ok(Self { algorithm, version, params, salt, tag })
    }

    /// A string of these costs that no password is known to fit: what an unknown user is checked against.
    pub(crate) fn encode(memory: u32, iterations: u32, parallelism: u32, salt: &[u8], tag: &[u8]) -> String {
        format!(
            "$argon2id$v=19$m={memory},t={iterations},p={parallelism}${}${}",
            STANDARD_NO_PAD.encode(salt),
            STANDARD_NO_PAD.encode(tag)
        )
    }

    /// The tag that `password` gives under this string's salt and costs; `None` when memory cannot be had.
    pub(crate) fn tag_of(&self, password: &[u8], memory: &mut Vec<Block>) -> Option<Vec<u8>> {
        let parameters = Argon2::new(self.algorithm, self.version, self.params.clone());
        kernel::argon2(&parameters, password, &self.salt, self.tag.len(), memory)
    }
}

/// Makes a new argon2id string.
pub(crate) fn hash(
    (memory_kib, iterations, parallelism): (u32, u32, u32),
    password: &[u8],
    salt: &[u8],
    memory: &mut Vec<Block>,
) -> Option<String> {
    let params = Params::new(memory_kib, iterations, parallelism, Some(TAG_BYTES)).ok()?;
    let parameters = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let tag = kernel::argon2(&parameters, password, salt, TAG_BYTES, memory)?;
    Some(Argon2Hash::encode(memory_kib, iterations, parallelism, salt, &tag))
}

/// `m=…,t=…,p=…` in any order, each exactly once.
fn parse_costs(text: &str) -> Result<(u32, u32, u32), Unreadable> {
    let (mut memory, mut iterations, mut parallelism) = (None, None, None);
    for pair in text.split(',') {
        let (slot, ceiling, value) = match pair.split_once('=') {
            Some(("m", value)) => (&mut memory, limits::ARGON2_MEMORY_KIB, value),
            Some(("t", value)) => (&mut iterations, limits::ARGON2_ITERATIONS, value),
            Some(("p", value)) => (&mut parallelism, limits::ARGON2_PARALLELISM, value),
            _ => return Err(Unreadable::Malformed),
        };
        if slot.replace(crate::stored::bounded_number(value, 1, ceiling)?).is_some() {
            return Err(Unreadable::Malformed);
        }
    }
    match (memory, iterations, parallelism) {
        (Some(memory), Some(iterations), Some(parallelism)) => Ok((memory, iterations, parallelism)),
        _ => Err(Unreadable::Malformed),
    }
}

fn decode(text: Option<&str>, least: usize, most: usize) -> Result<Vec<u8>, Unreadable> {
    let bytes = STANDARD_NO_PAD.decode(text.ok_or(Unreadable::Malformed)?).map_err(|_| Unreadable::Malformed)?;
    if (least..=most).contains(&bytes.len()) { Ok(bytes) } else { Err(Unreadable::Malformed) }
}
