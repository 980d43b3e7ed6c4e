//! How the database holds and compares the values of a column. [`super::dialect`] derives it from the declared type.

/// The comparisons of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnForm {
    /// The database compares numbers.
    Number,
    /// The database compares text or bytes, perhaps by a collation.
    Text,
    /// The database compares values by their own type. Numbers of a column with this affinity are never text.
    Numeric,
    /// The database compares values by their own type. A number may be text.
    Any,
}

impl ColumnForm {
    /// Returns whether the database orders numbers by their value, and changes a text of digits into a number.
    pub(super) fn is_numeric(self) -> bool {
        matches!(self, Self::Number | Self::Numeric)
    }

    /// Returns whether values of different types are in one column, and are never equal.
    fn is_typed_by_value(self) -> bool {
        matches!(self, Self::Numeric | Self::Any)
    }

    /// Returns the placeholders for the spellings of a name. A column that is typed by its values may hold a name as text,
    /// as bytes or as a number.
    pub(super) fn any_spelling(self, place: &str, spellings: usize) -> String {
        if !self.is_typed_by_value() {
            return vec![place; spellings].join(", ");
        }
        (1..=spellings)
            .flat_map(|index| {
                [format!("?{index}"), format!("CAST(?{index} AS BLOB)"), format!("CAST(?{index} AS NUMERIC)")]
            })
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Returns the expression for a stored password as text. It may be stored as bytes or as a number, and a column of
    /// fixed length pads bytes.
    pub(super) fn stored_text(self, column: &str, is_padded: bool) -> String {
        if self.is_typed_by_value() {
            format!("CAST({column} AS TEXT)")
        } else if is_padded {
            format!("TRIM(TRAILING x'00' FROM {column})")
        } else {
            column.to_owned()
        }
    }

    /// Returns the query for the highest number up to a limit. A column that does not order numbers holds them as text.
    pub(super) fn highest_number(self, table: &str, column: &str) -> String {
        let (number, is_number) = match self {
            Self::Number | Self::Numeric => {
                return format!("SELECT {column} FROM {table} WHERE {column} <= ? ORDER BY {column} DESC LIMIT 100");
            }
            Self::Any => (
                format!("CAST({column} AS INTEGER)"),
                format!("typeof({column}) <> 'null' AND REPLACE({column}, '.0', '') NOT GLOB '*[^0-9]*'"),
            ),
            Self::Text => (
                format!("CAST(LEAST(CAST({column} AS DECIMAL(65, 0)), 9223372036854775807) AS SIGNED)"),
                format!("CAST({column} AS CHAR) REGEXP '^[1-9][0-9]{{0,30}}([.]0)?$'"),
            ),
        };
        format!("SELECT MAX({number}) FROM {table} WHERE {is_number} AND {number} <= ?")
    }
}
