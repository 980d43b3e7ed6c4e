//! Parses the parts of hash strings: numbers, hexadecimal and several variants of base64.
//!
//! This module knows no scheme. Invariant: each value has one spelling. A sign, a leading zero, a blank, a non-zero
//! unused bit or unexpected padding makes a string malformed, even where its maker would accept it.

use base64::{
    Engine as _,
    alphabet::Alphabet,
    engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

use crate::unreadable::Unreadable;

/// The alphabet of crypt(3), in the order in which phpass, yescrypt and the crypt functions use it.
const HASH64: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// passlib's base64: `.` for `+`, and no padding.
const ADAPTED: GeneralPurpose = match Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./")
{
    Ok(alphabet) => GeneralPurpose::new(&alphabet, NO_PAD),
    Err(_) => STANDARD_NO_PAD,
};

/// Parses a decimal number within bounds: digits only, no sign, no leading zero.
pub(crate) fn number(text: &str, least: u32, most: u32) -> Result<u32, Unreadable> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) || (text.len() > 1 && text.starts_with('0')) {
        return Err(Unreadable::Malformed);
    }
    // The text is all digits, so an overflow means too large a number, not a malformed one.
    let number = text.parse().map_err(|_| Unreadable::Cost)?;
    if (least..=most).contains(&number) { Ok(number) } else { Err(Unreadable::Cost) }
}

/// Splits `text` at each `separator` into exactly N parts.
pub(crate) fn pieces<const N: usize>(text: &str, separator: char) -> Result<[&str; N], Unreadable> {
    let pieces: Vec<&str> = text.split(separator).take(N + 1).collect();
    pieces.try_into().map_err(|_| Unreadable::Malformed)
}

/// Parses `key=value` pairs in any order. Each key may occur once and must be among `keys`.
pub(crate) fn pairs<'a, const N: usize>(text: &'a str, keys: [&str; N]) -> Result<[Option<&'a str>; N], Unreadable> {
    let mut values = [None; N];
    for pair in text.split(',') {
        let (key, value) = pair.split_once('=').ok_or(Unreadable::Malformed)?;
        let place = keys.iter().position(|known| *known == key).and_then(|index| values.get_mut(index));
        if place.ok_or(Unreadable::Malformed)?.replace(value).is_some() {
            return Err(Unreadable::Malformed);
        }
    }
    Ok(values)
}

/// Parses hexadecimal in lower case, or in capitals throughout, as SQL Server, Oracle and .NET write it.
pub(crate) fn hex(text: &str) -> Result<Vec<u8>, Unreadable> {
    let (digits, rest) = text.as_bytes().as_chunks::<2>();
    let ten = if text.bytes().any(|byte| byte.is_ascii_uppercase()) { b'A' } else { b'a' };
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        _ if (ten..ten + 6).contains(&digit) => Some(digit - ten + 10),
        _ => None,
    };
    let byte = |[high, low]: &[u8; 2]| Some((value(*high)? << 4) | value(*low)?);
    let bytes: Option<Vec<u8>> = digits.iter().map(byte).collect();
    bytes.filter(|_| rest.is_empty()).ok_or(Unreadable::Malformed)
}

/// Formats bytes in lower-case hexadecimal.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Parses standard base64 with padding.
pub(crate) fn base64(text: &str) -> Result<Vec<u8>, Unreadable> {
    STANDARD.decode(text).map_err(|_| Unreadable::Malformed)
}

/// Parses base64 in the standard alphabet with padding, or in the URL alphabet with or without padding.
pub(crate) fn base64_of_either_alphabet(text: &str) -> Result<Vec<u8>, Unreadable> {
    let for_urls = || URL_SAFE.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text));
    base64(text).or_else(|_| for_urls().map_err(|_| Unreadable::Malformed))
}

/// Parses base64 in either alphabet, with or without padding.
pub(crate) fn base64_of_any_kind(text: &str) -> Result<Vec<u8>, Unreadable> {
    base64_of_either_alphabet(text).or_else(|_| base64_unpadded(text))
}

/// Parses a tag of `length` bytes, in hexadecimal or base64; `None` for any other text.
pub(crate) fn tag(text: &str, length: usize) -> Option<Vec<u8>> {
    let bytes = if text.len() == length.checked_mul(2)? { hex(text) } else { base64_of_any_kind(text) };
    bytes.ok().filter(|bytes| bytes.len() == length)
}

/// Parses standard base64 without padding, as in PHC strings.
pub(crate) fn base64_unpadded(text: &str) -> Result<Vec<u8>, Unreadable> {
    STANDARD_NO_PAD.decode(text).map_err(|_| Unreadable::Malformed)
}

/// Parses passlib's variant of base64.
pub(crate) fn base64_adapted(text: &str) -> Result<Vec<u8>, Unreadable> {
    ADAPTED.decode(text).map_err(|_| Unreadable::Malformed)
}

/// Returns the value of one character of crypt(3)'s alphabet.
pub(crate) fn hash64_value(sign: u8) -> Result<u32, Unreadable> {
    let at = HASH64.iter().position(|known| *known == sign).ok_or(Unreadable::Malformed)?;
    u32::try_from(at).map_err(|_| Unreadable::Malformed)
}

/// Parses crypt(3)'s base64: four characters are 24 bits, the least significant first.
pub(crate) fn hash64(text: &str) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for signs in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for (place, sign) in (0..).step_by(6).zip(signs) {
            bits |= hash64_value(*sign)? << place;
        }
        let whole = signs.len() * 6 / 8;
        let [first, second, third, _] = bits.to_le_bytes();
        // A single character carries no byte, and bits beyond the last byte must be zero.
        if whole == 0 || bits >> (whole * 8) != 0 {
            return Err(Unreadable::Malformed);
        }
        bytes.extend([first, second, third].iter().take(whole));
    }
    Ok(bytes)
}

/// Formats bytes in crypt(3)'s base64.
pub(crate) fn to_hash64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().rev().fold(0_usize, |bits, byte| (bits << 8) | usize::from(*byte));
        let signs = (0..=group.len()).map(|place| (bits >> (place * 6)) & 63);
        text.extend(signs.filter_map(|value| HASH64.get(value).copied().map(char::from)));
    }
    text
}

/// Returns whether `text` is a valid salt of a format that uses its text: printable ASCII without blanks.
pub(crate) fn is_salt_text(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'$')
}
