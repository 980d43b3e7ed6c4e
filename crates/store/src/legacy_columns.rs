//! The columns of the legacy table, as its database declares them.

use super::{
    db::{Conn, EngineKind},
    dialect,
};
use crate::Result;

/// A column of the legacy table, as the database declares it.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) length: Option<i64>,
    pub(super) is_required: bool,
    /// Whether the database assigns the values.
    pub(super) is_numbered: bool,
    /// Whether an expression computes the values or the default.
    pub(super) is_generated: bool,
    pub(super) character_set: Option<String>,
    pub(super) collation: Option<String>,
    pub(super) default: Option<String>,
    /// The type with its length or its values, in lower case.
    pub(super) full_type: String,
}

/// Returns the columns of a table, in order; none if there is no such table.
///
/// # Errors
/// Returns an error if the database fails.
pub(super) async fn read(conn: &mut Conn, kind: EngineKind, table: &str) -> Result<Vec<Column>> {
    conn.all(dialect::table_catalogue(kind).columns, &[table.into()], |row| {
        Ok(Column {
            name: row.text(0)?,
            kind: row.text(1)?.to_ascii_lowercase(),
            length: row.integer_or_null(2)?,
            is_required: row.integer(3)? != 0,
            is_numbered: row.integer(4)? != 0,
            character_set: row.text_or_null(5)?,
            collation: row.text_or_null(6)?,
            default: row.as_text(7)?,
            full_type: row.as_text(8)?.unwrap_or_default().to_lowercase(),
            is_generated: row.integer(9)? != 0,
        })
    })
    .await
}
