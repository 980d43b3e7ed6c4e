//! The shape of a value of a password column: lets an operator distinguish unknown hashes from clear-text passwords.
//!
//! Invariant: no letter, digit or symbol of the value is shown, except separators of the parts of hashes.

use std::fmt;

/// The longest mask, in characters.
const MASK: usize = 40;
/// The length from which a value of hexadecimal digits is described as hexadecimal.
const HEX: usize = 8;

/// The shape of a value: its kinds of characters, and its approximate length.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shape {
    characters: Characters,
    length: Length,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Characters {
    Hexadecimal,
    Of { small: bool, capital: bool, digit: bool, sign: bool, blank: bool, other: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Length {
    Exactly(usize),
    Between(usize, usize),
    AtLeast(usize),
}

impl Shape {
    /// Returns the shape of `value`.
    #[must_use]
    pub fn of(value: &str) -> Self {
        let is_hexadecimal = value.len() >= HEX
            && value.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !value.bytes().all(|byte| byte.is_ascii_digit());
        let has = |is: fn(char) -> bool| value.chars().any(is);
        let characters = if is_hexadecimal {
            Characters::Hexadecimal
        } else {
            Characters::Of {
                small: has(|character| character.is_ascii_lowercase()),
                capital: has(|character| character.is_ascii_uppercase()),
                digit: has(|character| character.is_ascii_digit()),
                sign: has(|character| character.is_ascii_punctuation()),
                blank: has(char::is_whitespace),
                other: has(|character| !character.is_ascii() && !character.is_whitespace()),
            }
        };
        let count = value.chars().count();
        let length = match count {
            _ if is_hexadecimal => Length::Exactly(count),
            0..=5 => Length::Between(1, 5),
            6..=8 => Length::Between(6, 8),
            9..=12 => Length::Between(9, 12),
            13..=20 => Length::Between(13, 20),
            21..=40 => Length::Between(21, 40),
            41..=80 => Length::Between(41, 80),
            _ => Length::AtLeast(81),
        };
        Self { characters, length }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.characters {
            Characters::Hexadecimal => formatter.write_str("hexadecimal digits")?,
            Characters::Of { small, capital, digit, sign, blank, other } => {
                let kinds = [
                    (small, "lowercase letters"),
                    (capital, "capital letters"),
                    (digit, "digits"),
                    (sign, "punctuation"),
                    (blank, "blanks"),
                    (other, "characters beyond ASCII"),
                ];
                let kinds: Vec<&str> = kinds.into_iter().filter_map(|(has, word)| has.then_some(word)).collect();
                formatter.write_str(&kinds.join(", "))?;
            }
        }
        match self.length {
            Length::Exactly(count) => write!(formatter, ": {count} characters"),
            Length::Between(least, most) => write!(formatter, ": {least} to {most} characters"),
            Length::AtLeast(least) => write!(formatter, ": {least} characters or more"),
        }
    }
}

/// Returns `value` with a class in place of each character: `a`, `A`, `9`, `#`, a blank. With `separators`, the characters
/// that separate the parts of hashes are kept.
#[must_use]
pub fn mask(value: &str, separators: bool) -> String {
    let class = |character: char| match character {
        '$' | ':' | '|' | '{' | '}' if separators => character,
        _ if character.is_numeric() => '9',
        _ if character.is_uppercase() => 'A',
        _ if character.is_alphabetic() => 'a',
        _ if character.is_whitespace() => ' ',
        _ => '#',
    };
    let mut mask: String = value.chars().take(MASK).map(class).collect();
    if value.chars().nth(MASK).is_some() {
        mask.push('…');
    }
    mask
}
