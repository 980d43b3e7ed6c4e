//! The reasons why no row can be added to the legacy table, as its columns and unique keys show.
//!
//! Invariant: a value that the database computes counts as unique, because only the insert shows whether it is.

use super::{
    db::{Conn, EngineKind},
    dialect,
    legacy_columns::Column,
};
use crate::Result;

/// The reason why no row can be added to the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InsertObstacle {
    /// The database does not assign numbers to the key column.
    KeyNotNumbered(String),
    /// A column has no default, and Doorward has no value for it.
    NoDefault(String),
    /// All new rows have the same value of a unique key.
    SameUniqueKey { key: String, columns: Vec<String> },
}

/// A unique key of the legacy table.
pub(super) struct UniqueKey {
    name: String,
    /// `None` for an expression.
    columns: Vec<Option<String>>,
}

/// The columns that an insert fills.
pub(super) struct FilledColumns<'a> {
    pub(super) id: &'a Column,
    /// Columns with other values in each row.
    pub(super) distinct: [&'a Column; 2],
    /// A column with the same value in all new rows.
    pub(super) role: Option<&'a Column>,
}

/// Returns the unique keys of a table that an insert must respect in every row. A key of a part of the rows is omitted.
///
/// # Errors
/// Returns an error if the database fails.
pub(super) async fn unique_keys(conn: &mut Conn, kind: EngineKind, table: &str) -> Result<Vec<UniqueKey>> {
    let rows = conn
        .all(dialect::table_catalogue(kind).unique_keys, &[table.into()], |row| {
            Ok((row.text(0)?, row.text_or_null(1)?))
        })
        .await?;
    let mut keys: Vec<UniqueKey> = Vec::new();
    for (name, column) in rows {
        match keys.last_mut().filter(|key| key.name == name) {
            Some(key) => key.columns.push(column),
            None => keys.push(UniqueKey { name, columns: vec![column] }),
        }
    }
    Ok(keys)
}

impl InsertObstacle {
    /// Returns the obstacle of a table with these columns and keys.
    pub(super) fn find(columns: &[Column], keys: &[UniqueKey], filled: &FilledColumns<'_>) -> Option<Self> {
        if !filled.id.is_numbered {
            return Some(Self::KeyNotNumbered(filled.id.name.clone()));
        }
        let is_filled = |column: &&Column| {
            let own = filled.distinct.iter().copied().chain([filled.id]).chain(filled.role);
            own.into_iter().any(|own| own.name == column.name)
        };
        if let Some(column) = columns.iter().find(|column| column.is_required && !is_filled(column)) {
            return Some(Self::NoDefault(column.name.clone()));
        }
        let is_constant = |name: &Option<String>| {
            let column = name.as_ref().and_then(|name| columns.iter().find(|column| column.name == *name));
            column.is_some_and(|column| {
                let is_role = filled.role.is_some_and(|role| role.name == column.name);
                is_role || (!is_filled(&column) && column.has_constant_default())
            })
        };
        let key = keys.iter().find(|key| key.columns.iter().all(is_constant))?;
        Some(Self::SameUniqueKey { key: key.name.clone(), columns: key.columns.iter().flatten().cloned().collect() })
    }
}

impl Column {
    /// Returns whether the default is a literal other than null. Null is never equal to null in a unique key.
    fn has_constant_default(&self) -> bool {
        let Some(default) = self.default.as_deref().map(str::trim) else { return false };
        let is_computed = default.contains('(') && !default.starts_with('\'');
        let upper = default.to_ascii_uppercase();
        !self.is_generated && !is_computed && upper != "NULL" && !upper.starts_with("CURRENT_")
    }
}
