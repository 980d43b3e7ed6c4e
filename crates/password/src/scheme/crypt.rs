//! The crypt(3) functions: `$6$` (sha512-crypt), `$5$` (sha256-crypt), `$1$` (md5-crypt) and Apache's `$apr1$`.
//!
//! The salt is the text itself, not decoded bytes.

use super::ParsedHash;
use crate::{
    compute::{Derive, Digest},
    limits, text,
    unreadable::Unreadable,
};

/// The rounds of a string that does not name them.
const SHA_ROUNDS: u32 = 5000;
const SHA_SALT_CHARACTERS: usize = 16;
const MD5_SALT_CHARACTERS: usize = 8;
const MD5_TAG_BYTES: usize = 16;

pub(super) fn read_sha512(text: &str) -> Result<ParsedHash, Unreadable> {
    read_sha("sha512-crypt", Digest::Sha512, text)
}

pub(super) fn read_sha256(text: &str) -> Result<ParsedHash, Unreadable> {
    read_sha("sha256-crypt", Digest::Sha256, text)
}

pub(super) fn read_md5(text: &str) -> Result<ParsedHash, Unreadable> {
    read_md5_rounds("md5-crypt", "$1$", text)
}

pub(super) fn read_apr1(text: &str) -> Result<ParsedHash, Unreadable> {
    read_md5_rounds("apr1", "$apr1$", text)
}

/// Reads `$6$SALT$TAG` or `$6$rounds=N$SALT$TAG`.
fn read_sha(scheme: &'static str, digest: Digest, text: &str) -> Result<ParsedHash, Unreadable> {
    let rest = text.get(3..).ok_or(Unreadable::Malformed)?;
    let (rounds, rest) = match rest.strip_prefix("rounds=") {
        Some(rest) => {
            let (rounds, rest) = rest.split_once('$').ok_or(Unreadable::Malformed)?;
            let bounds = limits::SHA_CRYPT_ROUNDS;
            (text::number(rounds, *bounds.start(), *bounds.end())?, rest)
        }
        None => (SHA_ROUNDS, rest),
    };
    let [salt, tag] = text::pieces(rest, '$')?;
    let tag = text::hash64(tag)?;
    if salt.len() > SHA_SALT_CHARACTERS || !text::is_salt_text(salt) || tag.len() != digest.bytes() {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new(scheme, Derive::ShaCrypt { digest, rounds }, salt, tag))
}

fn read_md5_rounds(scheme: &'static str, magic: &'static str, text: &str) -> Result<ParsedHash, Unreadable> {
    let [salt, tag] = text::pieces(text.strip_prefix(magic).ok_or(Unreadable::Malformed)?, '$')?;
    let tag = text::hash64(tag)?;
    if salt.len() > MD5_SALT_CHARACTERS || !text::is_salt_text(salt) || tag.len() != MD5_TAG_BYTES {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new(scheme, Derive::Md5Crypt { magic }, salt, tag))
}
