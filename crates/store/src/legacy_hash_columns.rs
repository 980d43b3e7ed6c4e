//! The columns that belong to a hash in the legacy table: salt, algorithm and iterations.
//!
//! Invariant: a row is read only with the columns that were found.

use super::{db::Row, legacy_columns::Column, legacy_sql::quoted};
use crate::{
    Result,
    model::{HashCells, HashForms, LegacyTableNames, RawCell},
};

/// The forms of the hashes, and the columns that they need.
#[derive(Debug, Clone, Default)]
pub(super) struct HashColumns {
    forms: HashForms,
    /// Salt, algorithm and iterations.
    columns: [Option<String>; 3],
}

/// The forms are those of the configuration, so only the columns can differ.
impl PartialEq for HashColumns {
    fn eq(&self, other: &Self) -> bool {
        self.columns == other.columns
    }
}

impl HashColumns {
    /// Finds the columns. If one is missing, returns its name as the error.
    pub(super) fn choose(columns: &[Column], names: &LegacyTableNames) -> std::result::Result<Self, String> {
        let find = |wanted: &Option<String>| {
            let Some(wanted) = wanted else { return Ok(None) };
            let known = columns.iter().find(|column| column.name.eq_ignore_ascii_case(wanted));
            known.map(|column| Some(column.name.clone())).ok_or_else(|| wanted.clone())
        };
        let columns = [find(&names.salt)?, find(&names.algorithm)?, find(&names.iterations)?];
        Ok(Self { forms: HashForms::new(&names.forms), columns })
    }

    /// Returns whether a column belongs to the hash, so that it is not a state.
    pub(super) fn uses(&self, column: &str) -> bool {
        self.columns.iter().flatten().any(|own| own == column)
    }

    /// Returns the columns that are read with each row, as the end of a list in SQL.
    pub(super) fn list(&self) -> String {
        self.columns.iter().flatten().map(|column| format!(", {}", quoted(column))).collect()
    }

    /// Returns the stored string of a row, whose columns of this list start at `from`.
    ///
    /// # Errors
    /// Returns an error if a column was not read.
    pub(super) fn password(&self, row: &Row<'_>, from: usize, name: &RawCell, password: RawCell) -> Result<RawCell> {
        if self.forms.is_empty() {
            return Ok(password);
        }
        let mut index = from;
        let mut next = |column: &Option<String>| {
            if column.is_none() {
                return Ok(RawCell::Null);
            }
            index += 1;
            row.cell(index - 1)
        };
        let [salt, algorithm, iterations] = &self.columns;
        let cells = HashCells { salt: next(salt)?, algorithm: next(algorithm)?, iterations: next(iterations)? };
        Ok(self.forms.stored(name, password, &cells))
    }
}
