//! Raw values: each key's text from a flag, the environment, the file or the default, in this order.
//!
//! Invariant: every given name must be known. An unknown key, variable or word is an error that names it. No error
//! shows a value.

use std::{collections::BTreeMap, fmt, path::Path, time::Duration};

use super::keys::{KEYS, Key, KeyType};
use crate::{Error, Result};

/// The origin of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Flag(&'static str),
    Variable(String),
    File,
    Default,
}

/// A key's value in its environment form, and its origin.
#[derive(Clone)]
pub struct RawValue {
    pub text: String,
    pub origin: Origin,
}

/// The values of all keys.
pub struct RawValues {
    pub(super) values: BTreeMap<&'static str, RawValue>,
    /// The names of variables that begin as Doorward's and are not of its form.
    pub(super) foreign: Vec<String>,
    /// The variable that the operator may have meant by one of them.
    pub(super) meant: Option<String>,
}

/// The sources of the values.
pub struct Inputs<'a> {
    /// The content of the configuration file, if present, and its path for messages.
    pub file: Option<(&'a Path, String)>,
    /// The environment.
    pub variables: Vec<(String, String)>,
    /// Flags: path of the key, name of the flag, value.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => formatter.write_str(flag),
            Self::Variable(name) => formatter.write_str(name),
            Self::File => formatter.write_str("the configuration file"),
            Self::Default => formatter.write_str("its default"),
        }
    }
}

impl RawValues {
    /// Reads all sources; a later source overrides an earlier one.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the value or the file is invalid.
    pub fn read(inputs: Inputs<'_>) -> Result<Self> {
        let default = |key: &Key| (key.path, RawValue { text: key.default.to_owned(), origin: Origin::Default });
        let mut values = Self { values: KEYS.iter().map(default).collect(), foreign: Vec::new(), meant: None };
        if let Some((path, text)) = inputs.file {
            values.read_file(path, &text)?;
        }
        values.read_variables(inputs.variables)?;
        for (path, flag, text) in inputs.flags {
            values.values.insert(path, RawValue { text, origin: Origin::Flag(flag) });
        }
        values.check_texts()?;
        Ok(values)
    }

    fn read_file(&mut self, file: &Path, text: &str) -> Result<()> {
        let problem = |message: &str| Error::Config(format!("{}: {message}", file.display()));
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line =
                error.span().map_or(0, |span| text.get(..span.start).map_or(0, |head| head.matches('\n').count()));
            // The parser's message is not used, because it may quote a line with a secret.
            problem(&format!("not valid TOML, near line {}", line + 1))
        })?;
        for (section, content) in table {
            let toml::Value::Table(content) = content else {
                return Err(problem(&format!("`{section}` must be a section, as in [{section}]")));
            };
            let is_known = KEYS.iter().any(|key| key.path.split_once('.').is_some_and(|(own, _)| own == section));
            if content.is_empty() && !is_known {
                return Err(problem(&format!("`[{section}]` is not a section")));
            }
            for (name, value) in content {
                let path = format!("{section}.{name}");
                let key = find(&path).ok_or_else(|| problem(&unknown(&path)))?;
                let text = as_text(key, value).ok_or_else(|| problem(&wrong(key)))?;
                self.values.insert(key.path, RawValue { text, origin: Origin::File });
            }
        }
        Ok(())
    }

    /// Returns a key's value as given.
    ///
    /// # Errors
    /// Returns an error if the key does not exist, which is a bug in this program.
    pub fn given(&self, path: &str) -> Result<&RawValue> {
        self.values.get(path).ok_or(Error::Corrupt("a key that is not in the table"))
    }

    /// Returns the error for an invalid value of `path`, without the value.
    pub fn problem(&self, path: &str, message: impl fmt::Display) -> Error {
        match self.values.get(path) {
            Some(given) => Error::Config(format!("`{path}` (from {}): {message}", given.origin)),
            None => Error::Config(format!("`{path}`: {message}")),
        }
    }

    /// Returns a text.
    ///
    /// # Errors
    /// Returns an error if the key does not exist.
    pub fn text(&self, path: &str) -> Result<&str> {
        Ok(&self.given(path)?.text)
    }

    /// Returns an integer within bounds.
    ///
    /// # Errors
    /// Returns an error if the value is something else.
    pub fn number(&self, path: &str, bounds: std::ops::RangeInclusive<u32>) -> Result<u32> {
        let number = self.text(path)?.parse::<u32>().ok().filter(|number| bounds.contains(number));
        number.ok_or_else(|| {
            self.problem(path, format!("must be a whole number from {} to {}", bounds.start(), bounds.end()))
        })
    }

    /// Returns true or false.
    ///
    /// # Errors
    /// Returns an error if the value is neither.
    pub fn boolean(&self, path: &str) -> Result<bool> {
        self.text(path)?.parse().map_err(|_| self.problem(path, "must be true or false"))
    }

    /// Returns the trimmed texts of a list.
    ///
    /// # Errors
    /// Returns an error if the key does not exist.
    pub fn list(&self, path: &str) -> Result<impl Iterator<Item = &str>> {
        Ok(self.text(path)?.split(',').map(str::trim).filter(|item| !item.is_empty()))
    }

    /// Returns a duration within bounds.
    ///
    /// # Errors
    /// Returns an error if the value is something else.
    pub fn duration(&self, path: &str, bounds: std::ops::RangeInclusive<Duration>) -> Result<Duration> {
        let duration = parse_duration(self.text(path)?).filter(|duration| bounds.contains(duration));
        duration.ok_or_else(|| {
            let (least, most) = (bounds.start(), bounds.end());
            self.problem(
                path,
                format!("must be a duration from {least:?} to {most:?}, as in 1500ms, 10s, 15m, 24h or 30d"),
            )
        })
    }

    /// Returns the result of `pick` for one of the key's words.
    ///
    /// # Errors
    /// Returns an error if the value is another word.
    pub fn choice<T>(&self, path: &str, pick: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        pick(self.text(path)?).ok_or_else(|| {
            let words = match find(path).map(|key| key.kind) {
                Some(KeyType::Choice(words)) => words.join(", "),
                _ => String::new(),
            };
            self.problem(path, format!("must be one of {words}"))
        })
    }
}

pub(super) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// Returns a value of the file in its environment form, if its type is right.
fn as_text(key: &Key, value: toml::Value) -> Option<String> {
    match (key.kind, value) {
        (KeyType::Number, toml::Value::Integer(number)) => Some(number.to_string()),
        (KeyType::Boolean, toml::Value::Boolean(boolean)) => Some(boolean.to_string()),
        (KeyType::Text | KeyType::SecretUrl | KeyType::Duration | KeyType::Choice(_), toml::Value::String(text)) => {
            Some(text)
        }
        (KeyType::List, toml::Value::Array(items)) => {
            let texts: Option<Vec<&str>> = items.iter().map(toml::Value::as_str).collect();
            // A comma would split one text into two.
            texts.filter(|texts| texts.iter().all(|text| !text.contains(','))).map(|texts| texts.join(","))
        }
        _ => None,
    }
}

fn wrong(key: &Key) -> String {
    let kind = match key.kind {
        KeyType::Number => "a whole number",
        KeyType::Boolean => "true or false",
        KeyType::List => "a list of texts, as in [\"one\", \"two\"]",
        KeyType::Text | KeyType::SecretUrl | KeyType::Duration | KeyType::Choice(_) => "text in quotes",
    };
    format!("`{}` must be {kind}", key.path)
}

/// Returns the message for an unknown key, with the nearest known one.
fn unknown(path: &str) -> String {
    let nearest = KEYS.iter().min_by_key(|key| distance(key.path, path));
    match nearest {
        Some(key) if distance(key.path, path) <= 3 => format!("`{path}` is not a key; did you mean `{}`?", key.path),
        _ => format!("`{path}` is not a key"),
    }
}

/// Returns the Levenshtein distance.
pub(super) fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (at, from) in left.chars().enumerate() {
        let mut diagonal = at;
        let mut before = at + 1;
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (slot, to) in row.iter_mut().skip(1).zip(right.chars()) {
            let replaced = diagonal + usize::from(from != to);
            diagonal = *slot;
            *slot = replaced.min(before + 1).min(diagonal + 1);
            before = *slot;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// Reads a number and a unit, as in `1500ms` or `30d`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs);
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3600),
        "d" => seconds(86_400),
        _ => None,
    }
}
