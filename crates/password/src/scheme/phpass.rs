//! phpass's portable hashes: `$P$` (WordPress before 6.8) and `$H$` (phpBB), one character for the rounds, eight for the
//! salt, 22 for the tag; Drupal 7's `$S$`, the same over SHA-512; and phpBB's combined hashes `$H\2y$…`.
//!
//! phpBB hashes a password as HTML, in which `&` is `&amp;`; other makers hash it as typed. `$H$` does not show the maker, so
//! both are tried. Drupal puts a `U` before hashes of the MD5 that it had stored before.

use super::{Derivation, ParsedHash, Prepare, bcrypt};
use crate::{
    compute::{Derive, drupal},
    limits, text,
    unreadable::Unreadable,
};

const SALT_CHARACTERS: usize = 8;
const TAG_BYTES: usize = 16;
/// The rounds of the first hash of a combined one, whose cost is not the one that counts: phpBB uses 2¹¹.
const COMBINED_LOG_ROUNDS: u32 = 13;

/// Reads `$P$` and `$H$`, and `$H$` with escaped dollar signs, as in dumps of forums.
pub(super) fn read(text: &str) -> Result<ParsedHash, Unreadable> {
    let (rounds, salt, tag) = split(text)?;
    let log_rounds = log_rounds(rounds)?;
    let tag = text::hash64(tag)?;
    if tag.len() != TAG_BYTES {
        return Err(Unreadable::Malformed);
    }
    let derive = Derive::Phpass { log_rounds };
    let mut parsed_hash = ParsedHash::new("phpass", derive.clone(), salt, tag);
    if text.starts_with("$H$") {
        parsed_hash.derivations.push(Derivation { prepare: Prepare::Html, derive });
    }
    Ok(parsed_hash)
}

/// Reads `\$H\$…` and `&#36;H&#36;…`.
pub(super) fn read_escaped(text: &str) -> Result<ParsedHash, Unreadable> {
    read(&text.replace("\\$", "$").replace("&#36;", "$"))
}

/// Reads `$S$`.
pub(super) fn read_drupal(text: &str) -> Result<ParsedHash, Unreadable> {
    let (rounds, salt, tag) = split(text)?;
    let log_rounds = log_rounds(rounds)?;
    if tag.len() != drupal::TAG_CHARACTERS || !tag.bytes().all(|sign| text::hash64_value(sign).is_ok()) {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new("drupal-7", Derive::Drupal { log_rounds }, salt, tag.as_bytes().to_vec()))
}

/// Reads `U$S$`, `U$P$` and `U$H$`: hashes of the lower-case hexadecimal MD5.
pub(super) fn read_drupal_upgraded(text: &str) -> Result<ParsedHash, Unreadable> {
    let inner = text.strip_prefix('U').ok_or(Unreadable::Malformed)?;
    let parsed_hash = match inner.get(..3) {
        Some("$S$") => read_drupal(inner)?,
        Some("$P$" | "$H$") => read(inner)?,
        _ => return Err(Unreadable::Malformed),
    };
    let derivations = parsed_hash.derivations.into_iter().take(1).collect();
    Ok(ParsedHash { derivations, ..parsed_hash }.called("drupal-7-md5").prepared(Prepare::Md5Hex))
}

/// Reads `$H\2y$ROUNDS SALT8$COST\SALT22$TAG31`: bcrypt of the tag of `$H$`.
pub(super) fn read_combined(text: &str) -> Result<ParsedHash, Unreadable> {
    let ["", kinds, first, second, tag] = text::pieces(text, '$')? else { return Err(Unreadable::Malformed) };
    let version = kinds.strip_prefix("H\\").ok_or(Unreadable::Malformed)?;
    let (rounds, salt) = first.split_at_checked(1).ok_or(Unreadable::Malformed)?;
    let [cost, second_salt] = text::pieces(second, '\\')?;
    let log_rounds = log_rounds(rounds)?;
    if salt.len() != SALT_CHARACTERS || !text::is_salt_text(salt) {
        return Err(Unreadable::Malformed);
    }
    if log_rounds > COMBINED_LOG_ROUNDS {
        return Err(Unreadable::Cost);
    }
    let parsed_hash = bcrypt::read(&format!("${version}${cost}${second_salt}{tag}"))?.called("phpbb-combined");
    let prepare = |is_html| Prepare::Phpass { salt: salt.to_owned(), log_rounds, is_html };
    let html =
        parsed_hash.derivations.iter().cloned().map(|one| Derivation { prepare: prepare(true), ..one }).collect();
    let mut parsed_hash = parsed_hash.prepared(prepare(false));
    parsed_hash.derivations.extend::<Vec<Derivation>>(html);
    Ok(parsed_hash)
}

/// Splits a string into rounds, salt and tag.
fn split(text: &str) -> Result<(&str, &str, &str), Unreadable> {
    let rest = text.get(3..).ok_or(Unreadable::Malformed)?;
    let (rounds, rest) = rest.split_at_checked(1).ok_or(Unreadable::Malformed)?;
    let (salt, tag) = rest.split_at_checked(SALT_CHARACTERS).ok_or(Unreadable::Malformed)?;
    if text::is_salt_text(salt) { Ok((rounds, salt, tag)) } else { Err(Unreadable::Malformed) }
}

fn log_rounds(sign: &str) -> Result<u32, Unreadable> {
    let log_rounds = text::hash64_value(sign.bytes().next().ok_or(Unreadable::Malformed)?)?;
    if limits::PHPASS_LOG_ROUNDS.contains(&log_rounds) { Ok(log_rounds) } else { Err(Unreadable::Cost) }
}
