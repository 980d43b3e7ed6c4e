//! The state columns of the legacy table: their values, and the operator's rules for them.
//!
//! Invariant: no row is read for a login or an adoption while a state column has no rule.

use crate::{
    Error, Result,
    model::{legacy_state::StateTest, legacy_state_names},
    store::{
        Db,
        legacy_states::{StateColumn, StateValues},
        legacy_table::LegacyTable,
    },
};

/// The maximum number of values of a column that an error names.
const NAMED: usize = 6;

/// A state column, with its values.
#[derive(Debug)]
pub struct StateSurvey {
    pub column: String,
    /// The rule; `None` until the operator has configured it.
    pub test: Option<StateTest>,
    pub held: StateValues,
}

impl StateSurvey {
    /// Returns the probable meaning of the column, in the form of `--columns`.
    #[must_use]
    pub fn suggestion(&self) -> String {
        let values: Vec<_> = self.held.values.iter().map(|(value, _)| value.clone()).collect();
        legacy_state_names::suggested(&self.column, &values)
    }

    async fn of(db: &Db, column: &StateColumn) -> Result<Self> {
        let held = column.values(&mut db.read().await?).await?;
        Ok(Self { column: column.name.clone(), test: column.test.clone(), held })
    }

    /// Describes the configured values that no row has. They may be misspelled, and then disable no user. Returns
    /// `None` without such values, or if the column has too many values to compare.
    #[must_use]
    pub fn absent_values(&self) -> Option<String> {
        let held: Vec<_> = self.held.values.iter().map(|(value, _)| value.as_deref()).collect();
        let absent = self.test.as_ref().filter(|_| !self.held.has_more)?.absent(&held);
        let absent: Vec<_> = absent.into_iter().map(|value| legacy_state_names::shown(Some(value))).collect();
        (!absent.is_empty()).then(|| {
            format!("`adopt.columns`: no row has the value {} in the column {}", absent.join(" or "), self.in_words())
        })
    }

    fn in_words(&self) -> String {
        let named = self.held.values.iter().take(NAMED);
        let mut values: Vec<String> =
            named.map(|(value, rows)| format!("{} in {rows}", legacy_state_names::shown(value.as_deref()))).collect();
        if self.held.has_more || self.held.values.len() > NAMED {
            values.push("…".to_owned());
        }
        let values = if values.is_empty() { "no rows".to_owned() } else { values.join(", ") };
        format!("{} ({values})", legacy_state_names::shown(Some(&self.column)))
    }
}

/// Returns all state columns of `table` with their values.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn survey(db: &Db, table: &LegacyTable) -> Result<Vec<StateSurvey>> {
    let mut all = Vec::with_capacity(table.states.len());
    for column in &table.states {
        all.push(StateSurvey::of(db, column).await?);
    }
    Ok(all)
}

/// Describes the configured values that no row of `table` has.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn absent_values(db: &Db, table: &LegacyTable) -> Result<Vec<String>> {
    Ok(survey(db, table).await?.iter().filter_map(StateSurvey::absent_values).collect())
}

/// Requires a rule for every state column.
pub(super) async fn require_decided(db: &Db, table: &LegacyTable) -> Result<()> {
    let mut undecided = Vec::new();
    for column in table.states.iter().filter(|column| column.test.is_none()) {
        undecided.push(StateSurvey::of(db, column).await?);
    }
    if undecided.is_empty() {
        return Ok(());
    }
    let words: Vec<_> = undecided.iter().map(StateSurvey::in_words).collect();
    Err(Error::Config(format!(
        "`adopt.columns`: the table {} has columns that may say who is shut out, and their meaning is not configured: {}; {}",
        table.name,
        words.join("; "),
        advice(&undecided.iter().collect::<Vec<_>>())
    )))
}

/// Returns the advice for state columns without a rule.
#[must_use]
pub fn advice(undecided: &[&StateSurvey]) -> String {
    let suggestions: Vec<_> = undecided.iter().map(|survey| survey.suggestion()).collect();
    let column = undecided.first().map_or("COLUMN", |first| first.column.as_str());
    format!(
        "add the meaning of each to --columns or adopt.columns, perhaps '{}' (all other values disable the user); \
         disabled={column}:VALUE for values that disable the user, disabled={column}:none if no value does",
        suggestions.join(",")
    )
}
