//! The detection of the legacy table, and the properties of its columns.

use super::{
    db::{Db, EngineKind},
    legacy_columns::{self, Column},
    legacy_hash_columns::HashColumns,
    legacy_statements::{KeyForm, Statements},
    legacy_states::{self, StateColumn},
};
use crate::{Result, model::LegacyTableNames};

/// The legacy table, with its columns and statements.
#[derive(Debug, Clone)]
pub struct LegacyTable {
    pub name: String,
    /// The names of the columns for id, user name and password.
    pub columns: [String; 3],
    pub role_column: Option<String>,
    /// The maximum length of a user name in characters, if the database has a limit.
    pub name_limit: Option<i64>,
    /// Another column without a default, which makes inserts impossible.
    pub cannot_insert_for: Option<String>,
    /// Whether the database finds a name only in its exact spelling.
    pub compares_exactly: bool,
    /// The columns that may mark users as disabled.
    pub states: Vec<StateColumn>,
    pub(super) key_form: KeyForm,
    pub(super) hash_columns: HashColumns,
    pub(super) statements: Statements,
}

impl LegacyTable {
    /// Returns whether any state column is read with each row.
    #[must_use]
    pub fn tells_who_is_shut_out(&self) -> bool {
        self.states.iter().any(StateColumn::is_read)
    }

    /// Returns whether equal keys always follow one another in the order of the table. Text and a number may be the same
    /// key, and text is ordered by its letters.
    #[must_use]
    pub fn groups_keys(&self) -> bool {
        self.key_form.orders_numbers()
    }
}

/// The outcome of the search for the legacy table.
#[derive(Debug)]
pub enum TableSearch {
    Found(Box<LegacyTable>),
    /// The named table is missing, or both default ones.
    NoTable,
    /// Both default tables match.
    Several(Vec<String>),
    /// The table lacks a required column; `has` lists its columns.
    NoColumn {
        table: String,
        column: &'static str,
        has: Vec<String>,
    },
    /// The table lacks the column of a rule for state columns.
    NoStateColumn {
        table: String,
        column: String,
        has: Vec<String>,
    },
    /// The table lacks a column that belongs to the hashes.
    NoHashColumn {
        table: String,
        column: String,
        has: Vec<String>,
    },
}

/// Searches for the legacy table in `db`. Without a configured name, it searches for `users` and `user`, which the
/// legacy applications use.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn find(db: &Db, wanted: &LegacyTableNames) -> Result<TableSearch> {
    let mut conn = db.read().await?;
    let candidates = match &wanted.table {
        Some(table) => vec![table.clone()],
        None => vec!["users".to_owned(), "user".to_owned()],
    };
    let mut tables = Vec::new();
    for table in candidates {
        let columns = legacy_columns::read(&mut conn, db.kind(), &table).await?;
        if !columns.is_empty() {
            tables.push((table, columns));
        }
    }
    let searches: Vec<TableSearch> =
        tables.into_iter().map(|(table, columns)| table_of(db.kind(), table, &columns, wanted)).collect();
    let found: Vec<String> = searches
        .iter()
        .filter_map(|search| if let TableSearch::Found(table) = search { Some(table.name.clone()) } else { None })
        .collect();
    if found.len() > 1 {
        return Ok(TableSearch::Several(found));
    }
    let best = searches.into_iter().max_by_key(|search| matches!(search, TableSearch::Found(_)));
    Ok(best.unwrap_or(TableSearch::NoTable))
}

fn table_of(kind: EngineKind, table: String, columns: &[Column], wanted: &LegacyTableNames) -> TableSearch {
    let column = |given: &Option<String>, known: &'static str| {
        let name = given.as_deref().unwrap_or(known);
        columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    };
    let (id, name) = (column(&wanted.id, "id"), column(&wanted.username, "username"));
    let (password, role) = (column(&wanted.password, "password"), column(&wanted.role, "role"));
    let has = || columns.iter().map(|column| column.name.clone()).collect();
    let missing = |column| TableSearch::NoColumn { table: table.clone(), column, has: has() };
    let Some(id) = id else { return missing("id") };
    let Some(name) = name else { return missing("username") };
    let Some(password) = password else { return missing("password") };
    if role.is_none() && wanted.role.is_some() {
        return missing("role");
    }
    let hash_columns = match HashColumns::choose(columns, wanted) {
        Ok(forms) => forms,
        Err(column) => return TableSearch::NoHashColumn { table: table.clone(), column, has: has() },
    };
    let used = [Some(id), Some(name), Some(password), role];
    let is_used =
        |column: &&Column| used.iter().flatten().any(|own| own.name == column.name) || hash_columns.uses(&column.name);
    let others: Vec<_> = columns.iter().filter(|column| !is_used(column)).collect();
    let others: Vec<_> = others.iter().map(|column| (column.name.as_str(), column.default.as_deref())).collect();
    let states = match StateColumn::choose(&table, &others, &wanted.states) {
        Ok(states) => states,
        Err(column) => return TableSearch::NoStateColumn { table: table.clone(), column, has: has() },
    };
    let required = columns.iter().find(|column| column.is_required && !is_used(column));
    let unfilled = if id.is_numbered { required } else { Some(id) };
    let statements = Statements::new(
        kind,
        &table,
        [id, name, password],
        role,
        &format!("{}{}", legacy_states::list(&states), hash_columns.list()),
    );
    TableSearch::Found(Box::new(LegacyTable {
        columns: [id, name, password].map(|column| column.name.clone()),
        key_form: KeyForm::of(kind, id),
        role_column: role.map(|role| role.name.clone()),
        name_limit: name.length,
        compares_exactly: name.collation.as_ref().is_none_or(|collation| collation.ends_with("_bin")),
        cannot_insert_for: unfilled.map(|column| column.name.clone()),
        states,
        hash_columns,
        statements,
        name: table,
    }))
}
