//! The columns of the old table that say who is shut out, as a census shows them and as a run and the link demand that the
//! operator has decided on them.
//!
//! Invariant: no row is read for a login or an adoption while such a column is undecided.

use crate::{
    Error, Result,
    model::{legacy_state::StateTest, legacy_state_names},
    store::{
        Db,
        legacy_states::{StateColumn, StateValues},
        legacy_table::LegacyTable,
    },
};

/// Values of a column that a refusal names.
const NAMED: usize = 6;

/// A column that may say that a user is shut out, and what it holds.
#[derive(Debug)]
pub struct StateSurvey {
    pub column: String,
    /// `None` until the operator has said what it means.
    pub test: Option<StateTest>,
    pub held: StateValues,
}

impl StateSurvey {
    /// What the column probably means, as it is written behind `--columns`.
    #[must_use]
    pub fn suggestion(&self) -> String {
        let values: Vec<_> = self.held.values.iter().map(|(value, _)| value.clone()).collect();
        legacy_state_names::suggested(&self.column, &values)
    }

    async fn of(db: &Db, column: &StateColumn) -> Result<Self> {
        let held = column.values(&mut db.read().await?).await?;
        Ok(Self { column: column.name.clone(), test: column.test.clone(), held })
    }

    /// Describes the values that the operator has named and that no row has, which may be a slip: a misspelled value shuts
    /// nobody out. `None` without such values, and when the column has too many to know.
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

/// What all such columns of `table` hold.
///
/// # Errors
/// The database's.
pub async fn survey(db: &Db, table: &LegacyTable) -> Result<Vec<StateSurvey>> {
    let mut all = Vec::with_capacity(table.states.len());
    for column in &table.states {
        all.push(StateSurvey::of(db, column).await?);
    }
    Ok(all)
}

/// Describes the values that the operator has named and that no row of `table` has.
///
/// # Errors
/// The database's.
pub async fn absent_values(db: &Db, table: &LegacyTable) -> Result<Vec<String>> {
    Ok(survey(db, table).await?.iter().filter_map(StateSurvey::absent_values).collect())
}

/// Refuses to go on while a column is undecided.
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

/// What to write for columns that are undecided.
#[must_use]
pub fn advice(undecided: &[&StateSurvey]) -> String {
    let suggestions: Vec<_> = undecided.iter().map(|survey| survey.suggestion()).collect();
    let column = undecided.first().map_or("COLUMN", |first| first.column.as_str());
    format!(
        "add to --columns or adopt.columns what each means, perhaps '{}' (any value but those listed shuts the user out); \
         disabled={column}:VALUE for values that shut out, disabled={column}:none if the column shuts nobody out",
        suggestions.join(",")
    )
}
