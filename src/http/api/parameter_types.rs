//! The types of query parameters: how each is read, and its JSON Schema.

use serde_json::{Value, json};

use super::{
    cursor,
    invalid::{Invalid, Violation, name_violation},
    member_types::{KnownName, LimitedText, ROLE_NAME_PATTERN, ROLE_NAME_RULE},
    problem::Problem,
    query::{DEFAULT_PAGE, Fault, PAGE, ParameterType},
};
use crate::model::{Event, NAME_CODE_POINTS, NameKey, RoleName, Uid, UnixMillis, WORD_CHARACTERS};

/// The number of items of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(pub usize);

/// The position where a page begins: the key of the item before it. `LIST` is the number of a [`cursor::List`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor<const LIST: u8>(pub Vec<u8>);

/// The word of an event.
#[derive(Debug)]
pub struct EventWord(pub String);

pub const LIMIT_RULE: &str = "Must be a whole number from 1 to 100.";
const CURSOR_RULE: &str = "Must be the `next` of an earlier page of this list.";
const INSTANT_RULE: &str =
    "Must be as in 2026-11-22T12:00:00Z or 2026-11-22T13:00:00+01:00; in a URL, write a plus as %2B.";

impl PageSize {
    /// Returns the number of items, or the default without a `limit`.
    pub fn or_default(size: Option<Self>) -> usize {
        size.map_or(DEFAULT_PAGE, |Self(size)| size)
    }
}

impl ParameterType for PageSize {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": PAGE, "default": DEFAULT_PAGE })
    }

    fn read(text: String) -> Result<Self, Fault> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err((Violation::Malformed, LIMIT_RULE.into()));
        }
        let size = text.parse().ok().filter(|size| (1..=PAGE).contains(size));
        size.map(Self).ok_or((Violation::OutOfRange, LIMIT_RULE.into()))
    }
}

impl<const LIST: u8> ParameterType for Cursor<LIST> {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": cursor::CHARACTERS, "pattern": "^[A-Za-z0-9_-]+$" })
    }

    fn read(text: String) -> Result<Self, Fault> {
        cursor::read(LIST, &text).map(Self).ok_or((Violation::InvalidCursor, CURSOR_RULE.into()))
    }
}

impl<const MOST: usize> ParameterType for LimitedText<MOST> {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": MOST })
    }

    fn read(text: String) -> Result<Self, Fault> {
        if text.chars().count() > MOST {
            return Err((Violation::TooLong, format!("Must be at most {MOST} characters long.").into()));
        }
        Ok(Self(text))
    }
}

/// The beginning of the name of an account.
impl ParameterType for KnownName {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": NAME_CODE_POINTS })
    }

    fn read(text: String) -> Result<Self, Fault> {
        match NameKey::to_find(&text) {
            Ok(key) => Ok(Self { typed: text, key }),
            Err(problem) => {
                let (violation, detail) = name_violation(problem);
                Err((violation, detail.into()))
            }
        }
    }
}

impl ParameterType for RoleName {
    fn schema() -> Value {
        json!({ "type": "string", "maxLength": WORD_CHARACTERS, "pattern": ROLE_NAME_PATTERN })
    }

    fn read(text: String) -> Result<Self, Fault> {
        Self::new(&text).ok_or((Violation::Malformed, ROLE_NAME_RULE.into()))
    }
}

impl ParameterType for EventWord {
    fn schema() -> Value {
        json!({ "type": "string", "enum": Event::WORDS })
    }

    fn read(text: String) -> Result<Self, Fault> {
        if Event::WORDS.contains(&text.as_str()) { Ok(Self(text)) } else { Err(not_a_choice(&Event::WORDS)) }
    }
}

impl ParameterType for Uid {
    fn schema() -> Value {
        json!({ "type": "string", "format": "uuid" })
    }

    fn read(text: String) -> Result<Self, Fault> {
        uid(&text).ok_or((Violation::Malformed, "Must be an `id` of a user.".into()))
    }
}

impl ParameterType for UnixMillis {
    fn schema() -> Value {
        json!({ "type": "string", "format": "date-time" })
    }

    fn read(text: String) -> Result<Self, Fault> {
        instant(&text).ok_or((Violation::Malformed, INSTANT_RULE.into()))
    }
}

/// Returns the fault of a word that is not among `words`.
pub fn not_a_choice(words: &[&str]) -> Fault {
    (Violation::NotAChoice, format!("Must be one of: {}.", words.join(", ")).into())
}

/// Returns the problem of a cursor that is not one of this list.
pub fn invalid_cursor() -> Problem {
    Problem::invalid(vec![Invalid::parameter("cursor", Violation::InvalidCursor, CURSOR_RULE)])
}

/// Reads a uid in its usual form only: 36 characters with hyphens.
pub fn uid(text: &str) -> Option<Uid> {
    if text.len() == 36 { text.parse().ok() } else { None }
}

/// Reads an instant of RFC 3339 §5.6. The library accepts more forms, so the shape is checked first.
fn instant(text: &str) -> Option<UnixMillis> {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c.to_ascii_uppercase() }).collect();
    let rest = shape.strip_prefix("0000-00-00T00:00:00")?;
    let zone = rest.strip_prefix('.').map_or(rest, |fraction| fraction.trim_start_matches('0'));
    let has_empty_fraction = rest.starts_with('.') && !rest.starts_with(".0");
    if has_empty_fraction || !matches!(zone, "Z" | "+00:00" | "-00:00") {
        return None;
    }
    let hours = text.len().checked_sub("00:00".len()).and_then(|at| text.get(at..at + 2)).filter(|_| zone != "Z");
    if hours.is_some_and(|hours| hours > "23") {
        return None;
    }
    text.parse::<jiff::Timestamp>().ok().map(|instant| UnixMillis(instant.as_millisecond()))
}
