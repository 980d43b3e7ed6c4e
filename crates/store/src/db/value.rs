//! The values of statements and rows, which are the same for both engines: integers, text and bytes.
//!
//! Invariant: a value of another type than the requested one is reported, and never replaced by a default.

use mysql_async::{Value, consts::ColumnType};
use rusqlite::{
    ToSql,
    types::{ToSqlOutput, ValueRef},
};

use crate::{
    Error, Result,
    model::{CellProblem, RawCell, UnixMillis},
};

/// A value for a `?` in a statement.
#[derive(Clone, Copy)]
pub enum Param<'a> {
    Null,
    Integer(i64),
    Real(f64),
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

    /// Returns the value of any type in column `index`.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] if the column was not read. A missing value must not count as null.
    pub fn cell(&self, index: usize) -> Result<RawCell> {
        const MISSING: Error = Error::Corrupt("a column that was not read");
        match self {
            Self::Sqlite(row) => Ok(match row.get_ref(index).map_err(|_| MISSING)? {
                ValueRef::Null => RawCell::Null,
                ValueRef::Integer(integer) => RawCell::Integer(integer.into()),
                ValueRef::Real(real) => RawCell::Real(real),
                ValueRef::Text(bytes) => text_cell(bytes),
                ValueRef::Blob(bytes) => RawCell::Bytes(bytes.to_vec()),
            }),
            Self::MySql(row) => {
                let value = row.as_ref(index).ok_or(MISSING)?;
                let column = row.columns_ref().get(index).ok_or(MISSING)?;
                Ok(mysql_cell(value, column))
            }
        }
    }

    /// Returns the value of any type in column `index` as text; `None` for null.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] if the column was not read. A missing value must not count as null.
    pub fn as_text(&self, index: usize) -> Result<Option<String>> {
        self.cell(index).map(|cell| cell.state())
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

/// The character set `binary` of MySQL's protocol, which columns of bytes have.
const BINARY: u16 = 63;

fn mysql_cell(value: &Value, column: &mysql_async::Column) -> RawCell {
    match value {
        Value::NULL => RawCell::Null,
        Value::Int(integer) => RawCell::Integer((*integer).into()),
        Value::UInt(integer) => RawCell::Integer((*integer).into()),
        // Digits beyond these are lost, which a larger number shows.
        Value::Float(real) if real.abs() > 16_777_216.0 => RawCell::Unreadable(CellProblem::LostDigits),
        Value::Float(real) if real.fract() == 0.0 => RawCell::Real((*real).into()),
        Value::Float(real) => RawCell::Text(real.to_string()),
        Value::Double(real) => RawCell::Real(*real),
        Value::Date(year, month, day, hour, minute, second, _) => {
            RawCell::Text(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"))
        }
        Value::Time(is_negative, days, hours, minutes, seconds, _) => {
            let (sign, hours) = (if *is_negative { "-" } else { "" }, days * 24 + u32::from(*hours));
            RawCell::Text(format!("{sign}{hours:02}:{minutes:02}:{seconds:02}"))
        }
        Value::Bytes(bytes) => match column.column_type() {
            ColumnType::MYSQL_TYPE_BIT if bytes.len() <= 8 => {
                RawCell::Integer(bytes.iter().fold(0, |number, byte| (number << 8) | i128::from(*byte)))
            }
            ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => decimal_cell(bytes),
            ColumnType::MYSQL_TYPE_JSON => text_cell(bytes),
            _ if column.character_set() == BINARY => RawCell::Bytes(bytes.clone()),
            _ => text_cell(bytes),
        },
    }
}

/// Reads the text of a decimal number, whose scale adds zeros to a whole number.
fn decimal_cell(bytes: &[u8]) -> RawCell {
    let text = String::from_utf8_lossy(bytes);
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => &text,
    };
    whole.parse().map_or_else(|_| RawCell::Text(whole.to_owned()), RawCell::Integer)
}

fn text_cell(bytes: &[u8]) -> RawCell {
    std::str::from_utf8(bytes).map_or_else(|_| RawCell::Bytes(bytes.to_vec()), |text| RawCell::Text(text.to_owned()))
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Null => rusqlite::types::Null.to_sql().map(|_| ToSqlOutput::from(rusqlite::types::Null)),
            Self::Integer(integer) => Ok(ToSqlOutput::from(*integer)),
            Self::Real(real) => Ok(ToSqlOutput::from(*real)),
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
            Param::Real(real) => Self::Double(*real),
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
