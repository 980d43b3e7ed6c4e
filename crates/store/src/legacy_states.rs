//! The columns of the old table that say who is shut out: which there are, what the operator said of them, and which
//! values they hold.

use super::{
    db::{Conn, Row},
    legacy_table::{LegacyTable, kept, quoted},
};
use crate::{
    Result,
    model::{
        legacy_state::{StateRules, StateTest},
        legacy_state_names::is_state_column,
    },
};

/// Values of a column that are counted apart.
const VALUES: usize = 20;

/// A column that may say that a user is shut out.
#[derive(Debug, Clone)]
pub struct StateColumn {
    pub name: String,
    /// `None` until the operator has said what it means.
    pub test: Option<StateTest>,
    /// What it holds in a new row of which nothing else is said, as the database writes it.
    pub default: Option<String>,
    count: &'static str,
}

/// What such a column holds.
#[derive(Debug)]
pub struct StateValues {
    /// The most frequent, and in how many rows.
    pub values: Vec<(Option<String>, u64)>,
    /// There are others.
    pub has_more: bool,
}

impl StateColumn {
    /// Those among `columns` (names and defaults) of `table` that are known by their names or named by a rule; the name of
    /// a rule's column that is not there.
    pub(super) fn choose(
        table: &str,
        columns: &[(&str, Option<&str>)],
        rules: &StateRules,
    ) -> std::result::Result<Vec<Self>, String> {
        let is_there = |wanted: &str| columns.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        if let Some(rule) = rules.rules.iter().find(|rule| !is_there(&rule.column)) {
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

    /// Whether rows are read with it.
    pub(super) fn is_read(&self) -> bool {
        matches!(self.test, Some(StateTest::Among(_) | StateTest::AllBut(_)))
    }

    /// Which values it holds. Reads the whole table.
    ///
    /// # Errors
    /// The database's.
    pub async fn values(&self, conn: &mut Conn) -> Result<StateValues> {
        let mut values =
            conn.all(self.count, &[], |row| Ok((row.as_text(0)?, u64::try_from(row.integer(1)?).unwrap_or(0)))).await?;
        let has_more = values.len() > VALUES;
        values.truncate(VALUES);
        Ok(StateValues { values, has_more })
    }
}

/// A default without the quotes of SQL; `None` where it is null.
fn plain(default: &str) -> Option<String> {
    let default = default.strip_prefix("b'").unwrap_or(default).trim_matches(['\'', '"']);
    (!default.eq_ignore_ascii_case("null")).then(|| default.to_owned())
}

/// The columns that rows are read with, as a list behind others.
pub(super) fn list(states: &[StateColumn]) -> String {
    states.iter().filter(|state| state.is_read()).map(|state| format!(", {}", quoted(&state.name))).collect()
}

/// Returns whether a row, whose state columns start at `from`, shuts its user out.
///
/// # Errors
/// When a state column was not read.
pub(super) fn is_shut_out(row: &Row<'_>, table: &LegacyTable, from: usize) -> Result<bool> {
    for (state, index) in table.states.iter().filter(|state| state.is_read()).zip(from..) {
        let value = row.as_text(index)?;
        if state.test.as_ref().is_some_and(|test| test.shuts_out(value.as_deref())) {
            return Ok(true);
        }
    }
    Ok(false)
}
