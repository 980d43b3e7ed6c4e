//! The values of statements and rows, which are the same for both engines: integers, text and bytes.
//!
//! Invariant: a value of another type than the requested one is reported, and never replaced by a default.

use mysql_async::Value;
use rusqlite::{
    ToSql,
    types::{ToSqlOutput, ValueRef},
};

use crate::{
    Error, Result,
    model::{LegacyValue, UnixMillis},
};

/// A value for a `?` in a statement.
#[derive(Clone, Copy)]
pub enum Param<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// A borrowed row of a result.
pub enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    MySql(&'a mysql_async::Row),
}

impl Row<'_> {
    /// Returns the integer in column `index`.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] for any other value.
    pub fn integer(&self, index: usize) -> Result<i64> {
        self.integer_or_null(index)?.ok_or(Error::Corrupt("null where an integer should be"))
    }

    /// Returns the integer in column `index`; `None` for null.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] for any other value.
    pub fn integer_or_null(&self, index: usize) -> Result<Option<i64>> {
        const WRONG: Error = Error::Corrupt("not an integer");
        match self {
            Self::Sqlite(row) => row.get(index).map_err(|_| WRONG),
            Self::MySql(row) => match row.as_ref(index) {
                Some(Value::NULL) => Ok(None),
                Some(Value::Int(integer)) => Ok(Some(*integer)),
                Some(Value::UInt(integer)) => i64::try_from(*integer).map(Some).map_err(|_| WRONG),
                _ => Err(WRONG),
            },
        }
    }

    /// Returns the instant in column `index`.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] for any other value.
    pub fn instant(&self, index: usize) -> Result<UnixMillis> {
        self.integer(index).map(UnixMillis)
    }

    /// Returns the text in column `index`.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] for any other value.
    pub fn text(&self, index: usize) -> Result<String> {
        self.text_or_null(index)?.ok_or(Error::Corrupt("null where text should be"))
    }

    /// Returns the text in column `index`; `None` for null.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] for any other value.
    pub fn text_or_null(&self, index: usize) -> Result<Option<String>> {
        const WRONG: Error = Error::Corrupt("not text");
        match self {
            Self::Sqlite(row) => row.get(index).map_err(|_| WRONG),
            Self::MySql(row) => match row.as_ref(index) {
                Some(Value::NULL) => Ok(None),
                Some(Value::Bytes(bytes)) => String::from_utf8(bytes.clone()).map(Some).map_err(|_| WRONG),
                _ => Err(WRONG),
            },
        }
    }

    /// Returns the value in column `index` of the legacy table.
    pub fn field(&self, index: usize) -> LegacyValue<String> {
        let from_bytes = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) => LegacyValue::Text(text.to_owned()),
            Err(_) => LegacyValue::NotText,
        };
        match self {
            Self::Sqlite(row) => match row.get_ref(index) {
                Ok(ValueRef::Null) => LegacyValue::Null,
                Ok(ValueRef::Text(bytes) | ValueRef::Blob(bytes)) => from_bytes(bytes),
                _ => LegacyValue::NotText,
            },
            Self::MySql(row) => match row.as_ref(index) {
                Some(Value::NULL) => LegacyValue::Null,
                Some(Value::Bytes(bytes)) => from_bytes(bytes),
                _ => LegacyValue::NotText,
            },
        }
    }

    /// Returns the value of any type in column `index` as text; `None` for null.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] if the column was not read. A missing value must not count as null.
    pub fn as_text(&self, index: usize) -> Result<Option<String>> {
        const MISSING: Error = Error::Corrupt("a column that was not read");
        Ok(match self {
            Self::Sqlite(row) => match row.get_ref(index).map_err(|_| MISSING)? {
                ValueRef::Integer(integer) => Some(integer.to_string()),
                ValueRef::Real(real) => Some(real.to_string()),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(text_of(bytes)),
                ValueRef::Null => None,
            },
            Self::MySql(row) => match row.as_ref(index) {
                Some(Value::Bytes(bytes)) => Some(text_of(bytes)),
                Some(Value::Int(integer)) => Some(integer.to_string()),
                Some(Value::UInt(integer)) => Some(integer.to_string()),
                Some(Value::Float(real)) => Some(real.to_string()),
                Some(Value::Double(real)) => Some(real.to_string()),
                Some(Value::Date(year, month, day, hour, minute, second, _)) => {
                    Some(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"))
                }
                Some(Value::Time(..)) => Some("a time of day".to_owned()),
                Some(Value::NULL) => None,
                None => return Err(MISSING),
            },
        })
    }

    /// Returns the bytes in column `index`, converted by `read`.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] for any other value, and the errors of `read`.
    pub fn bytes<T>(&self, index: usize, read: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        const WRONG: Error = Error::Corrupt("not bytes");
        match self {
            Self::Sqlite(row) => read(row.get_ref(index).ok().and_then(|value| value.as_blob().ok()).ok_or(WRONG)?),
            Self::MySql(row) => match row.as_ref(index) {
                Some(Value::Bytes(bytes)) => read(bytes),
                _ => Err(WRONG),
            },
        }
    }

    /// Returns the bytes in column `index`, converted by `read`; `None` for null.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] for any other value, and the errors of `read`.
    pub fn bytes_or_null<T>(&self, index: usize, read: impl FnOnce(&[u8]) -> Result<T>) -> Result<Option<T>> {
        let is_null = match self {
            Self::Sqlite(row) => matches!(row.get_ref(index), Ok(ValueRef::Null)),
            Self::MySql(row) => matches!(row.as_ref(index), Some(Value::NULL)),
        };
        if is_null { Ok(None) } else { self.bytes(index, read).map(Some) }
    }
}

/// Returns bytes as text: UTF-8, the number in a column of type BIT, or hexadecimal digits.
fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ if bytes.len() <= 8 => bytes.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte)).to_string(),
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Null => rusqlite::types::Null.to_sql().map(|_| ToSqlOutput::from(rusqlite::types::Null)),
            Self::Integer(integer) => Ok(ToSqlOutput::from(*integer)),
            Self::Text(text) => Ok(ToSqlOutput::from(*text)),
            Self::Bytes(bytes) => Ok(ToSqlOutput::from(*bytes)),
        }
    }
}

impl From<&Param<'_>> for Value {
    fn from(param: &Param<'_>) -> Self {
        match param {
            Param::Null => Self::NULL,
            Param::Integer(integer) => Self::Int(*integer),
            Param::Text(text) => Self::Bytes(text.as_bytes().to_vec()),
            Param::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
        }
    }
}

impl From<i64> for Param<'_> {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<UnixMillis> for Param<'_> {
    fn from(instant: UnixMillis) -> Self {
        Self::Integer(instant.0)
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
