//! PBKDF2-HMAC-SHA256 (RFC 8018) as Werkzeug writes it: `pbkdf2:sha256:ITERATIONS$SALT$HEX`.
//!
//! The salt is used as the ASCII text that it is written as, not decoded; the tag is as long as the digest.

use crate::{kernel, limits, stored::Unreadable};

const TAG_BYTES: usize = 32;

/// A parsed and bounded Werkzeug PBKDF2 string.
#[derive(Clone)]
pub(crate) struct Pbkdf2Hash {
    iterations: u32,
    salt: String,
    pub(crate) tag: [u8; TAG_BYTES],
}

impl Pbkdf2Hash {
    /// Parses `text`, a whole string that begins with `pbkdf2:`.
    pub(crate) fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut parts = text.split('$');
        let mut method = parts.next().unwrap_or_default().split(':').skip(1);
        if method.next() != Some("sha256") {
            return Err(Unreadable::Scheme);
        }
        // Without a count the string means "whatever that version's default was", which cannot be known.
        let iterations = method.next().ok_or(Unreadable::Malformed)?;
        let iterations = crate::stored::bounded_number(iterations, 1, limits::PBKDF2_ITERATIONS)?;
        let salt = parts.next().ok_or(Unreadable::Malformed)?;
        let tag = parts.next().ok_or(Unreadable::Malformed)?;
        let salt_is_sound = (1..=limits::SALT_BYTES).contains(&salt.len()) && salt.is_ascii();
        if method.next().is_some() || parts.next().is_some() || !salt_is_sound {
            return Err(Unreadable::Malformed);
        }
        Ok(Self { iterations, salt: salt.to_owned(), tag: decode_hex(tag)? })
    }

    pub(crate) fn encode(iterations: u32, salt: &str, tag: &[u8; TAG_BYTES]) -> String {
        let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("pbkdf2:sha256:{iterations}${salt}${hex}")
    }

    /// The tag that `password` gives under this string's salt and count.
    pub(crate) fn tag_of(&self, password: &[u8]) -> [u8; TAG_BYTES] {
        compute(password, &self.salt, self.iterations)
    }
}

/// Makes a new string.
pub(crate) fn hash(iterations: u32, password: &[u8], salt: &str) -> String {
    Pbkdf2Hash::encode(iterations, salt, &compute(password, salt, iterations))
}

fn compute(password: &[u8], salt: &str, iterations: u32) -> [u8; TAG_BYTES] {
    let mut tag = [0; TAG_BYTES];
    kernel::pbkdf2_sha256(password, salt.as_bytes(), iterations, &mut tag);
    tag
}

fn decode_hex(text: &str) -> Result<[u8; TAG_BYTES], Unreadable> {
    let mut tag = [0; TAG_BYTES];
    let sound = text.len() == TAG_BYTES * 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !sound {
        return Err(Unreadable::Malformed);
    }
    for (byte, at) in tag.iter_mut().zip((0..text.len()).step_by(2)) {
        let digits = text.get(at..at + 2).ok_or(Unreadable::Malformed)?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| Unreadable::Malformed)?;
    }
    Ok(tag)
}
