//! phpass's portable hashes: `$P$` (WordPress before 6.8) and `$H$` (phpBB), one character for the rounds, eight for
//! the salt, 22 for the tag.

use super::ParsedHash;
use crate::{compute::Derive, limits, text, unreadable::Unreadable};

const SALT_CHARACTERS: usize = 8;
const TAG_BYTES: usize = 16;

pub(super) fn read(text: &str) -> Result<ParsedHash, Unreadable> {
    let rest = text.get(3..).ok_or(Unreadable::Malformed)?;
    let (rounds, rest) = rest.split_at_checked(1).ok_or(Unreadable::Malformed)?;
    let (salt, tag) = rest.split_at_checked(SALT_CHARACTERS).ok_or(Unreadable::Malformed)?;
    let log_rounds = text::hash64_value(rounds.bytes().next().ok_or(Unreadable::Malformed)?)?;
    let tag = text::hash64(tag)?;
    if !text::is_salt_text(salt) || tag.len() != TAG_BYTES {
        return Err(Unreadable::Malformed);
    }
    if !limits::PHPASS_LOG_ROUNDS.contains(&log_rounds) {
        return Err(Unreadable::Cost);
    }
    Ok(ParsedHash::new("phpass", Derive::Phpass { log_rounds }, salt, tag))
}
