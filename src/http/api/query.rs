//! Query parameters, as a table, in the same way as the members of a body.
//!
//! Invariant: names and values are decoded once, as the URL standard says for forms (a plus is a blank); a parameter that
//! is unknown, given twice or not as its table says is refused, and never taken for one that was not given.

use std::{borrow::Cow, collections::BTreeSet};

use serde_json::{Value, json};

use super::{
    cursor,
    fields::{ROLE_NAME_PATTERN, ROLE_NAME_RULE},
    invalid::{Invalid, Violation, name_flaw},
    problem::Problem,
    values::{Given, KnownName, Position, Values},
};
use crate::model::{NAME_CODE_POINTS, NameKey, RoleName, Uid, UnixMillis, WORD_CHARACTERS};

/// Most items of a page.
pub const PAGE: usize = 100;
/// Items of a page, when the request does not say.
pub const DEFAULT_PAGE: usize = 50;

/// A query parameter. None is required.
#[derive(Debug)]
pub struct Parameter {
    pub name: &'static str,
    pub kind: Kind,
    /// One sentence, for the documents.
    pub meaning: &'static str,
    /// A value that would do.
    pub example: &'static str,
}

/// What a parameter must be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text of at most so many code points.
    Text(usize),
    /// The beginning of the name of an account.
    NamePrefix,
    RoleName,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// How many items.
    Limit,
    /// The `next` of an earlier page of this list.
    Cursor(cursor::List),
    Uid,
    /// An instant as in RFC 3339.
    Instant,
}

/// A parameter.
pub const fn parameter(name: &'static str, kind: Kind, meaning: &'static str, example: &'static str) -> Parameter {
    Parameter { name, kind, meaning, example }
}

/// The parameter `limit` of every list of pages.
pub const LIMIT: Parameter = parameter("limit", Kind::Limit, "Items of a page at most.", "20");

/// The parameter `cursor` of a list of pages.
pub const fn cursor_of(list: cursor::List, example: &'static str) -> Parameter {
    parameter("cursor", Kind::Cursor(list), "The `next` of the page before; left out for the first page.", example)
}

/// Reads a query.
pub fn read(query: Option<&str>, parameters: &'static [Parameter]) -> (Values, Vec<Invalid>) {
    let (mut values, mut errors) = (Values::default(), Vec::new());
    let mut seen = BTreeSet::new();
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(name) = decoded(name) else {
            errors.push(Invalid::parameter(name, Violation::Malformed, NOT_TEXT));
            continue;
        };
        let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) else {
            errors.push(Invalid::parameter(name, Violation::Unknown, "This parameter is not known here."));
            continue;
        };
        if !seen.insert(parameter.name) {
            errors.push(Invalid::parameter(name, Violation::Repeated, "Must be given once."));
            continue;
        }
        let given = decoded(value).ok_or((Violation::Malformed, Cow::Borrowed(NOT_TEXT)));
        match given.and_then(|text| parameter.kind.read(text)) {
            Ok(given) => drop(values.insert(parameter.name, given)),
            Err((flaw, detail)) => errors.push(Invalid::parameter(parameter.name, flaw, detail)),
        }
    }
    (values, errors)
}

const NOT_TEXT: &str = "Must be UTF-8, percent-encoded.";

/// Percent-decoding, once; `None` when it is not text in UTF-8 or has a `%` that begins nothing.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit()? * 16 + digit()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

impl Kind {
    fn read(self, text: String) -> Result<Given, (Violation, Cow<'static, str>)> {
        match self {
            Self::Text(most) if text.chars().count() > most => {
                Err((Violation::TooLong, format!("Must be at most {most} characters long.").into()))
            }
            Self::Text(_) => Ok(Given::Text(text)),
            Self::NamePrefix => match NameKey::to_find(&text) {
                Ok(key) => Ok(Given::KnownName(KnownName { typed: text, key })),
                Err(problem) => {
                    let (flaw, detail) = name_flaw(problem);
                    Err((flaw, detail.into()))
                }
            },
            Self::RoleName => match RoleName::new(&text) {
                Some(name) => Ok(Given::RoleName(name)),
                None => Err((Violation::Malformed, ROLE_NAME_RULE.into())),
            },
            Self::Choice(words) if words.contains(&text.as_str()) => Ok(Given::Text(text)),
            Self::Choice(words) => {
                Err((Violation::NotAChoice, format!("Must be one of: {}.", words.join(", ")).into()))
            }
            Self::Limit => limit(&text).map(Given::Number),
            Self::Cursor(list) => match cursor::read(list, &text) {
                Some(key) => Ok(Given::Position(Position(key))),
                None => Err((Violation::InvalidCursor, CURSOR_RULE.into())),
            },
            Self::Uid => match uid(&text) {
                Some(uid) => Ok(Given::Uid(uid)),
                None => Err((Violation::Malformed, "Must be an `id` of a user.".into())),
            },
            Self::Instant => match instant(&text) {
                Some(instant) => Ok(Given::Instant(instant)),
                None => Err((Violation::Malformed, INSTANT_RULE.into())),
            },
        }
    }

    /// Its JSON Schema.
    pub fn schema(self) -> Value {
        match self {
            Self::Text(most) => json!({ "type": "string", "maxLength": most }),
            Self::NamePrefix => json!({ "type": "string", "maxLength": NAME_CODE_POINTS }),
            Self::RoleName => json!({ "type": "string", "maxLength": WORD_CHARACTERS, "pattern": ROLE_NAME_PATTERN }),
            Self::Choice(words) => json!({ "type": "string", "enum": words }),
            Self::Limit => json!({ "type": "integer", "minimum": 1, "maximum": PAGE, "default": DEFAULT_PAGE }),
            Self::Cursor(_) => {
                json!({ "type": "string", "maxLength": cursor::CHARACTERS, "pattern": "^[A-Za-z0-9_-]+$" })
            }
            Self::Uid => json!({ "type": "string", "format": "uuid" }),
            Self::Instant => json!({ "type": "string", "format": "date-time" }),
        }
    }
}

impl Parameter {
    /// The example as JSON.
    pub fn example(&self) -> Value {
        match self.kind {
            Kind::Limit => self.example.parse::<usize>().map_or(Value::Null, Value::from),
            _ => Value::from(self.example),
        }
    }
}

pub const LIMIT_RULE: &str = "Must be a whole number from 1 to 100.";

fn limit(text: &str) -> Result<usize, (Violation, Cow<'static, str>)> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err((Violation::Malformed, LIMIT_RULE.into()));
    }
    text.parse().ok().filter(|limit| (1..=PAGE).contains(limit)).ok_or((Violation::OutOfRange, LIMIT_RULE.into()))
}

/// That the cursor cannot be one of this list's.
pub fn invalid_cursor() -> Problem {
    Problem::invalid(vec![Invalid::parameter("cursor", Violation::InvalidCursor, CURSOR_RULE)])
}

const CURSOR_RULE: &str = "Must be the `next` of an earlier page of this list.";

/// A uid in its usual form alone: 36 characters with hyphens.
pub fn uid(text: &str) -> Option<Uid> {
    if text.len() == 36 { text.parse().ok() } else { None }
}

const INSTANT_RULE: &str =
    "Must be as in 2026-11-22T12:00:00Z or 2026-11-22T13:00:00+01:00; in a URL a plus is written %2B.";

/// An instant of RFC 3339 §5.6. The library reads more forms than that, so the shape is looked at first.
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
