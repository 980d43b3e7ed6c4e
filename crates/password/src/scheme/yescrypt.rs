//! yescrypt (`$y$`), gost-yescrypt (`$gy$`) and the scrypt of crypt(3) (`$7$`), as libxcrypt writes them.
//!
//! Only the flavour and options of libxcrypt are read: three numbers, of which the first is 47.

use super::ParsedHash;
use crate::{
    compute::{Derive, ScryptCost, Yescrypt},
    text,
    unreadable::Unreadable,
};

/// yescrypt's flavour "read-write" with the usual options.
const FLAVOUR: u32 = 47;
const TAG_BYTES: usize = 32;
/// The characters of the numbers after `$7$`: one for log₂ N, and five each for r and p.
const SCRYPT_NUMBERS: (usize, usize) = (1, 5);

/// Reads `$y$PARAMETERS$SALT$TAG`.
pub(super) fn read(text: &str) -> Result<ParsedHash, Unreadable> {
    read_either("yescrypt", text, None)
}

/// Reads `$gy$PARAMETERS$SALT$TAG`.
pub(super) fn read_gost(text: &str) -> Result<ParsedHash, Unreadable> {
    let (setting, _) = text.rsplit_once('$').ok_or(Unreadable::Malformed)?;
    read_either("gost-yescrypt", text, Some(setting.to_owned()))
}

fn read_either(scheme: &'static str, text: &str, gost_setting: Option<String>) -> Result<ParsedHash, Unreadable> {
    let ["", _, numbers, salt, tag] = text::pieces(text, '$')? else { return Err(Unreadable::Malformed) };
    let numbers = numbers.as_bytes();
    let (flavour, numbers) = variable_number(numbers, 0)?;
    let (log_n, numbers) = variable_number(numbers, 1)?;
    let (r, numbers) = variable_number(numbers, 1)?;
    let (salt, tag) = (text::hash64(salt)?, text::hash64(tag)?);
    if flavour != FLAVOUR || !numbers.is_empty() || tag.len() != TAG_BYTES {
        return Err(Unreadable::Malformed);
    }
    let parameters = Yescrypt::new(log_n, r, gost_setting)?;
    Ok(ParsedHash::new(scheme, Derive::Yescrypt(parameters), salt, tag))
}

/// Reads one of yescrypt's numbers of one to six characters. The first character encodes how many follow.
fn variable_number(signs: &[u8], least: u32) -> Result<(u32, &[u8]), Unreadable> {
    let (first, mut signs) = signs.split_first().ok_or(Unreadable::Malformed)?;
    let first = text::hash64_value(*first)?;
    let (mut start, mut end, mut more, mut bits, mut number) = (0_u32, 47_u32, 0_u32, 0_u32, least);
    while first > end {
        number = number.saturating_add((end + 1 - start) << bits);
        start = end + 1;
        end = start + (62_u32.saturating_sub(end)) / 2;
        more += 1;
        bits += 6;
    }
    number = number.saturating_add((first - start) << bits);
    for _ in 0..more {
        let (sign, rest) = signs.split_first().ok_or(Unreadable::Malformed)?;
        bits -= 6;
        number = number.saturating_add(text::hash64_value(*sign)? << bits);
        signs = rest;
    }
    Ok((number, signs))
}

/// Reads `$7$`, log₂ N, r, p, the salt as text, `$` and the tag.
pub(super) fn read_scrypt(text: &str) -> Result<ParsedHash, Unreadable> {
    let rest = text.strip_prefix("$7$").ok_or(Unreadable::Malformed)?;
    let (log_n, rest) = rest.split_at_checked(SCRYPT_NUMBERS.0).ok_or(Unreadable::Malformed)?;
    let (r, rest) = rest.split_at_checked(SCRYPT_NUMBERS.1).ok_or(Unreadable::Malformed)?;
    let (p, rest) = rest.split_at_checked(SCRYPT_NUMBERS.1).ok_or(Unreadable::Malformed)?;
    let [salt, tag] = text::pieces(rest, '$')?;
    let cost = ScryptCost::new(fixed_number(log_n)?, fixed_number(r)?, fixed_number(p)?)?;
    let tag = text::hash64(tag)?;
    if !text::is_salt_text(salt) || tag.len() != TAG_BYTES {
        return Err(Unreadable::Malformed);
    }
    Ok(ParsedHash::new("crypt-scrypt", Derive::Scrypt(cost), salt, tag))
}

/// Reads six bits a character, least significant first, at most 30 bits.
fn fixed_number(signs: &str) -> Result<u32, Unreadable> {
    let mut number = 0;
    for (place, sign) in (0..30_u32).step_by(6).zip(signs.bytes()) {
        number |= text::hash64_value(sign)? << place;
    }
    Ok(number)
}
