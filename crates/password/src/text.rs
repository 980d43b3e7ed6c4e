//! Reading the pieces that hash strings are made of: numbers, hexadecimal, the dialects of base64.
//!
//! It knows no scheme. Its invariant: each value has one spelling. A sign, a leading zero, a blank, a bit that carries
//! nothing or padding that the dialect lacks makes a string malformed, even where its maker would put up with it.

use base64::{
    Engine as _,
    alphabet::Alphabet,
    engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

use crate::stored::Unreadable;

/// The alphabet of crypt(3), in the order in which phpass, yescrypt and the crypt functions use it.
const HASH64: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// passlib's base64: `.` for `+`, and no padding.
const ADAPTED: GeneralPurpose = match Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./")
{
    Ok(alphabet) => GeneralPurpose::new(&alphabet, NO_PAD),
    Err(_) => STANDARD_NO_PAD,
};

/// A decimal number as these formats write it: digits only, no sign, no leading zero, within the bounds.
pub(crate) fn number(text: &str, least: u32, most: u32) -> Result<u32, Unreadable> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) || (text.len() > 1 && text.starts_with('0')) {
        return Err(Unreadable::Malformed);
    }
    // All digits: what does not fit into 32 bits is a number too large, not a malformed one.
    let number = text.parse().map_err(|_| Unreadable::Cost)?;
    if (least..=most).contains(&number) { Ok(number) } else { Err(Unreadable::Cost) }
}

/// `text` cut at each `separator` into exactly N pieces.
pub(crate) fn pieces<const N: usize>(text: &str, separator: char) -> Result<[&str; N], Unreadable> {
    let pieces: Vec<&str> = text.split(separator).take(N + 1).collect();
    pieces.try_into().map_err(|_| Unreadable::Malformed)
}

/// The values of `key=value` pairs in any order, each key at most once and none that is not among `keys`.
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

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(text: &str) -> Result<Vec<u8>, Unreadable> {
    let (digits, rest) = text.as_bytes().as_chunks::<2>();
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let byte = |[high, low]: &[u8; 2]| Some((value(*high)? << 4) | value(*low)?);
    let bytes: Option<Vec<u8>> = digits.iter().map(byte).collect();
    bytes.filter(|_| rest.is_empty()).ok_or(Unreadable::Malformed)
}

/// Writes bytes in lower-case hexadecimal.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Standard base64 with padding.
pub(crate) fn base64(text: &str) -> Result<Vec<u8>, Unreadable> {
    STANDARD.decode(text).map_err(|_| Unreadable::Malformed)
}

/// Base64 of the standard alphabet with padding, or of the one for URLs with it or without.
pub(crate) fn base64_of_either_alphabet(text: &str) -> Result<Vec<u8>, Unreadable> {
    let for_urls = || URL_SAFE.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text));
    base64(text).or_else(|_| for_urls().map_err(|_| Unreadable::Malformed))
}

/// Standard base64 without padding, as PHC strings have it.
pub(crate) fn base64_unpadded(text: &str) -> Result<Vec<u8>, Unreadable> {
    STANDARD_NO_PAD.decode(text).map_err(|_| Unreadable::Malformed)
}

/// passlib's own dialect.
pub(crate) fn base64_adapted(text: &str) -> Result<Vec<u8>, Unreadable> {
    ADAPTED.decode(text).map_err(|_| Unreadable::Malformed)
}

/// The value of one sign of crypt(3)'s alphabet.
pub(crate) fn hash64_value(sign: u8) -> Result<u32, Unreadable> {
    let at = HASH64.iter().position(|known| *known == sign).ok_or(Unreadable::Malformed)?;
    u32::try_from(at).map_err(|_| Unreadable::Malformed)
}

/// crypt(3)'s base64: four signs are 24 bits, the least significant first.
pub(crate) fn hash64(text: &str) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for signs in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for (place, sign) in (0..).step_by(6).zip(signs) {
            bits |= hash64_value(*sign)? << place;
        }
        let whole = signs.len() * 6 / 8;
        let [first, second, third, _] = bits.to_le_bytes();
        // One sign alone carries no byte, and bits beyond the last byte must be clear.
        if whole == 0 || bits >> (whole * 8) != 0 {
            return Err(Unreadable::Malformed);
        }
        bytes.extend([first, second, third].iter().take(whole));
    }
    Ok(bytes)
}

/// Whether `text` is a salt as makers write one into a string where it counts as text: printable ASCII without blanks.
pub(crate) fn is_salt_text(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'$')
}
