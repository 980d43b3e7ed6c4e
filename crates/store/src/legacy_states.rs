//! The state columns of the legacy table: their detection, the operator's rules for them, and their values.
//!
//! Invariant: a row is judged only by columns that were read. A column that was not read is an error.

use super::{
    db::{Conn, Row},
    legacy_sql::{kept, quoted},
};
use crate::{
    Result,
    model::{
        legacy_state::{StateRules, StateTest},
        legacy_state_names::is_state_column,
    },
};

/// The maximum number of values of a column that are counted separately.
const VALUES: usize = 20;

/// A column that may mark users as disabled.
#[derive(Debug, Clone, PartialEq)]
pub struct StateColumn {
    pub name: String,
    /// The meaning of the values; `None` until the operator has given a rule.
    pub test: Option<StateTest>,
    /// The default of the column, as the database stores it.
    pub default: Option<String>,
    count: &'static str,
}

/// The values of a state column.
#[derive(Debug)]
pub struct StateValues {
    /// The most frequent values, and their numbers of rows.
    pub values: Vec<(Option<String>, u64)>,
    /// Whether the column has more values.
    pub has_more: bool,
}

impl StateColumn {
    /// Returns the state columns among `columns` (names and defaults) of `table`: those with a typical name or a rule.
    /// If the column of a rule is missing, returns its name as the error.
    pub(super) fn choose(
        table: &str,
        columns: &[(&str, Option<&str>)],
        rules: &StateRules,
    ) -> std::result::Result<Vec<Self>, String> {
        let exists = |wanted: &str| columns.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        if let Some(rule) = rules.rules.iter().find(|rule| !exists(&rule.column)) {
            return Err(rule.column.clone());
        }
        let chosen = columns.iter().filter_map(|(name, default)| {
            let rule = rules.rules.iter().find(|rule| rule.column.eq_ignore_ascii_case(name));
            let test = match rule {
                Some(rule) => Some(rule.test.clone()),
                None if !is_state_column(name) => return None,
                None => rules.ignore_others.then_some(StateTest::Ignored),
            };
            let column = quoted(name);
            let count = kept(format!(
                "SELECT {column}, COUNT(*) FROM {} GROUP BY {column} ORDER BY COUNT(*) DESC, {column} LIMIT {}",
                quoted(table),
                VALUES + 1
            ));
            Some(Self { name: (*name).to_owned(), test, default: default.and_then(plain), count })
        });
        Ok(chosen.collect())
    }

    /// Returns whether the column is read with each row.
    pub(super) fn is_read(&self) -> bool {
        matches!(self.test, Some(StateTest::Among(_) | StateTest::AllBut(_)))
    }

    /// Returns the values of the column. Reads the whole table.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn values(&self, conn: &mut Conn) -> Result<StateValues> {
        let mut values =
            conn.all(self.count, &[], |row| Ok((row.as_text(0)?, u64::try_from(row.integer(1)?).unwrap_or(0)))).await?;
        let has_more = values.len() > VALUES;
        values.truncate(VALUES);
        Ok(StateValues { values, has_more })
    }
}

/// Returns a default without the quotes of SQL; `None` for null.
fn plain(default: &str) -> Option<String> {
    let default = default.strip_prefix("b'").unwrap_or(default).trim_matches(['\'', '"']);
    (!default.eq_ignore_ascii_case("null")).then(|| default.to_owned())
}

/// Returns the columns that are read with each row, as the end of a list in SQL.
pub(super) fn list(states: &[StateColumn]) -> String {
    states.iter().filter(|state| state.is_read()).map(|state| format!(", {}", quoted(&state.name))).collect()
}

/// Returns whether a row, whose state columns start at `from`, marks its user as disabled.
///
/// # Errors
/// Returns an error if a state column was not read.
pub(super) fn is_shut_out(row: &Row<'_>, states: &[StateColumn], from: usize) -> Result<bool> {
    for (state, index) in states.iter().filter(|state| state.is_read()).zip(from..) {
        let value = row.as_text(index)?;
        if state.test.as_ref().is_some_and(|test| test.shuts_out(value.as_deref())) {
            return Ok(true);
        }
    }
    Ok(false)
}
