//! A stored value of another program, and its readings as text and as a key.
//!
//! Invariant: a reading depends on the value and never on the declared type of its column. A value whose digits or
//! bytes would change has no reading.

use std::fmt;

use super::{CellProblem, LegacyId, LegacyKey, LegacyValue, OtherKey};

/// The first integer beyond which a floating-point number of 64 bits skips integers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value of a legacy table or an export, as it is stored. It may be a password, so it cannot be printed.
#[derive(Clone, PartialEq)]
pub enum RawCell {
    Null,
    Integer(i128),
    Real(f64),
    Text(String),
    /// Bytes of a binary column. They may hold text.
    Bytes(Vec<u8>),
    /// A value that has no reading.
    Unreadable(CellProblem),
}

/// The reason why a value does not identify a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    #[error("null")]
    Null,
    #[error("empty")]
    Empty,
    #[error("a number with a fraction")]
    Fraction,
    #[error("longer than {} bytes", OtherKey::LIMIT)]
    TooLong,
    #[error("zero or less")]
    NotPositive,
    #[error("higher than any number that Doorward can keep")]
    TooHigh,
    #[error("{0}")]
    Unreadable(CellProblem),
}

impl RawCell {
    /// Reads the value as text. The zero bytes at the end of a binary value are the padding of its column.
    #[must_use]
    pub fn text(&self) -> LegacyValue<String> {
        match self {
            Self::Null => LegacyValue::Null,
            Self::Text(text) => LegacyValue::Text(text.clone()),
            Self::Integer(integer) => LegacyValue::Text(integer.to_string()),
            Self::Real(real) if real.is_finite() && real.abs() < EXACT => LegacyValue::Text(real.to_string()),
            Self::Real(_) => LegacyValue::Unreadable(CellProblem::LostDigits),
            Self::Bytes(bytes) => match std::str::from_utf8(without_padding(bytes)) {
                Ok(text) => LegacyValue::Text(text.to_owned()),
                Err(_) => LegacyValue::Unreadable(CellProblem::NotUtf8),
            },
            Self::Unreadable(problem) => LegacyValue::Unreadable(*problem),
        }
    }

    /// Reads the value as a state, which is compared with the operator's values: any value has a text, except null.
    #[must_use]
    pub fn state(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Real(real) => Some(real.to_string()),
            Self::Text(text) => Some(state_of(text.as_bytes())),
            Self::Bytes(bytes) => Some(state_of(bytes)),
            Self::Integer(integer) => Some(integer.to_string()),
            Self::Unreadable(problem) => Some(format!("({problem})")),
        }
    }

    /// Reads the value as the key of its row. Text is a number only in the form that the number itself has, perhaps
    /// with `.0`, as spreadsheets write it: `007` and `7` may be two rows.
    ///
    /// # Errors
    /// Returns the reason why the value identifies no row.
    pub fn key(&self) -> Result<LegacyKey, KeyProblem> {
        match self {
            Self::Null => Err(KeyProblem::Null),
            Self::Integer(integer) => number(*integer),
            Self::Real(real) if !real.is_finite() || real.abs() >= EXACT => {
                Err(KeyProblem::Unreadable(CellProblem::LostDigits))
            }
            #[expect(clippy::cast_possible_truncation, reason = "the number is whole and below 2^53")]
            Self::Real(real) if real.fract() == 0.0 => number(*real as i128),
            Self::Real(_) => Err(KeyProblem::Fraction),
            Self::Text(text) => match NumberText::of(text) {
                NumberText::Whole(digits) => digits.parse().map_or_else(|_| Err(beyond(digits)), number),
                NumberText::Fraction => Err(KeyProblem::Fraction),
                NumberText::Other => other(text.as_bytes()),
            },
            Self::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Self::Text(text.to_owned()).key(),
                Err(_) => other(bytes),
            },
            Self::Unreadable(problem) => Err(KeyProblem::Unreadable(*problem)),
        }
    }

    /// Describes the value of a key column.
    #[must_use]
    pub fn shown_key(&self) -> String {
        match self.state() {
            None => "null".to_owned(),
            Some(text) => text,
        }
    }
}

impl fmt::Debug for RawCell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RawCell(…)")
    }
}

/// The form of a text that may be a number.
enum NumberText<'a> {
    Whole(&'a str),
    Fraction,
    Other,
}

impl<'a> NumberText<'a> {
    fn of(text: &'a str) -> Self {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_canonical = whole == "0" || !whole.starts_with('0');
        if !is_digits(whole) || !is_digits(fraction) || !is_canonical {
            return Self::Other;
        }
        match fraction {
            "0" => Self::Whole(text.strip_suffix(".0").unwrap_or(text)),
            // The text of a whole number has many forms, and only these two are searched for.
            _ if fraction.bytes().all(|byte| byte == b'0') => Self::Other,
            _ => Self::Fraction,
        }
    }
}

fn number(integer: i128) -> Result<LegacyKey, KeyProblem> {
    match i64::try_from(integer) {
        Ok(number) => Ok(LegacyKey::Number(LegacyId(number))),
        Err(_) if integer < 0 => Err(KeyProblem::NotPositive),
        Err(_) => Err(KeyProblem::TooHigh),
    }
}

fn beyond(digits: &str) -> KeyProblem {
    if digits.starts_with('-') { KeyProblem::NotPositive } else { KeyProblem::TooHigh }
}

fn other(bytes: &[u8]) -> Result<LegacyKey, KeyProblem> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(KeyProblem::Empty);
    }
    OtherKey::new(bytes.to_vec()).map(LegacyKey::Other).ok_or(KeyProblem::TooLong)
}

fn without_padding(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or(bytes)
}

/// Returns bytes as text: UTF-8, the number in a short binary value, or hexadecimal digits.
fn state_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ if bytes.len() <= 8 => bytes.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte)).to_string(),
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> RawCell {
        RawCell::Text(text.to_owned())
    }

    #[test]
    fn a_number_is_one_in_any_type() {
        let seven = Ok(LegacyKey::Number(LegacyId(7)));
        for cell in [RawCell::Integer(7), RawCell::Real(7.0), text("7"), text("7.0"), RawCell::Bytes(b"7".to_vec())] {
            assert_eq!(cell.key(), seven);
        }
        assert_eq!(RawCell::Integer(0).key(), Ok(LegacyKey::Number(LegacyId(0))));
        assert_eq!(text("-3").key(), Ok(LegacyKey::Number(LegacyId(-3))));
        assert_eq!(text("9223372036854775807").key(), Ok(LegacyKey::Number(LegacyId(i64::MAX))));
    }

    #[test]
    fn a_key_that_only_resembles_a_number_is_another_key() {
        for key in
            ["007", "+7", " 7", "7 ", "7e3", "0x7", "7.00", "1.", ".5", "٧", "b3f0e2d4-0000-4000-8000-000000000001"]
        {
            assert!(matches!(text(key).key(), Ok(LegacyKey::Other(_))), "{key}");
        }
    }

    #[test]
    fn what_identifies_no_row_has_a_reason() {
        assert_eq!(RawCell::Null.key(), Err(KeyProblem::Null));
        assert_eq!(text("  ").key(), Err(KeyProblem::Empty));
        assert_eq!(text("1.5").key(), Err(KeyProblem::Fraction));
        assert_eq!(RawCell::Real(1.5).key(), Err(KeyProblem::Fraction));
        assert_eq!(RawCell::Real(1e16).key(), Err(KeyProblem::Unreadable(CellProblem::LostDigits)));
        assert_eq!(RawCell::Real(f64::NAN).key(), Err(KeyProblem::Unreadable(CellProblem::LostDigits)));
        assert_eq!(text("18446744073709551616").key(), Err(KeyProblem::TooHigh));
        assert_eq!(text("-18446744073709551616").key(), Err(KeyProblem::NotPositive));
        assert_eq!(text(&"9".repeat(60)).key(), Err(KeyProblem::TooHigh));
        assert_eq!(text(&"x".repeat(256)).key(), Err(KeyProblem::TooLong));
    }

    #[test]
    fn numbers_and_bytes_are_text() {
        let is = |cell: RawCell, expected: &str| assert_eq!(cell.text(), LegacyValue::Text(expected.to_owned()));
        is(RawCell::Integer(491_701_234_567), "491701234567");
        is(RawCell::Integer(i128::from(u64::MAX)), "18446744073709551615");
        is(RawCell::Real(5.0), "5");
        is(RawCell::Real(1.5), "1.5");
        is(RawCell::Bytes(b"ann\0\0".to_vec()), "ann");
        assert_eq!(RawCell::Real(1e300).text(), LegacyValue::Unreadable(CellProblem::LostDigits));
        assert_eq!(RawCell::Bytes(vec![0xfc]).text(), LegacyValue::Unreadable(CellProblem::NotUtf8));
        assert_eq!(RawCell::Null.text(), LegacyValue::Null);
    }
}
