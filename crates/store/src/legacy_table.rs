//! The detection of the legacy table, and the properties of its columns.

use super::{
    column_form::ColumnForm,
    db::{Db, EngineKind},
    dialect,
    legacy_columns::{self, Column},
    legacy_hash_columns::HashColumns,
    legacy_obstacles::{self, FilledColumns, InsertObstacle, UniqueKey},
    legacy_statements::Statements,
    legacy_states::{self, StateColumn},
};
use crate::{
    Result,
    model::{LegacyTableNames, RawCell, RoleValues, TextRepair, legacy_state_names::is_role_of_disabled},
};

/// The legacy table, with its columns and statements.
#[derive(Debug, Clone, PartialEq)]
pub struct LegacyTable {
    pub name: String,
    /// The names of the columns for id, user name and password.
    pub columns: [String; 3],
    pub role_column: Option<String>,
    /// The maximum length of a user name in characters, if the database has a limit.
    pub name_limit: Option<i64>,
    /// The maximum length of a password hash, if the database has a limit.
    pub password_limit: Option<i64>,
    /// The reason why no row can be added, if any.
    pub insert_obstacle: Option<InsertObstacle>,
    /// Whether the database finds a name only in its exact spelling.
    pub compares_exactly: bool,
    /// The columns that may mark users as disabled.
    pub states: Vec<StateColumn>,
    /// The permitted repairs of damaged names.
    pub repair: TextRepair,
    /// The operator's roles for the values of the role column.
    pub role_values: RoleValues,
    role: Option<RoleColumn>,
    name_is_numeric: bool,
    pub(super) key_form: ColumnForm,
    pub(super) hash_columns: HashColumns,
    pub(super) statements: Statements,
}

impl LegacyTable {
    /// Returns why the role column cannot hold this value; `None` if it can, or if there is no such column.
    #[must_use]
    pub fn role_obstacle(&self, value: &str) -> Option<String> {
        let RoleColumn { name, kind, full_type, length, is_numeric } = self.role.as_ref()?;
        let is_number = value.parse::<f64>().is_ok();
        let length = length.and_then(|length| usize::try_from(length).ok());
        if kind == "bit" {
            Some(format!("the column {name} holds bits"))
        } else if *is_numeric && !is_number {
            Some(format!("the column {name} holds numbers"))
        } else if kind == "enum" && !full_type.contains(&format!("'{}'", value.to_lowercase())) {
            Some(format!("the column {name} is {full_type}"))
        } else if length.is_some_and(|length| value.chars().count() > length) {
            Some(format!("the column {name} holds {} characters", length.unwrap_or(0)))
        } else {
            None
        }
    }

    /// Returns whether a value of the role column disables its users. The operator may give such a value a role.
    pub(super) fn disables(&self, role: &RawCell) -> bool {
        let role = role.text();
        role.text().is_some_and(|role| is_role_of_disabled(role) && self.role_values.role_for(role).is_none())
    }

    /// Returns whether the database would change this name, as a column for numbers changes `007`.
    #[must_use]
    pub fn would_change(&self, name: &str) -> bool {
        self.name_is_numeric
            && name.trim().parse::<f64>().is_ok()
            && name.parse::<i64>().map_or(true, |number| number.to_string() != name)
    }

    /// Returns whether any state column is read with each row.
    #[must_use]
    pub fn tells_who_is_shut_out(&self) -> bool {
        self.states.iter().any(StateColumn::is_read)
    }

    /// Returns whether equal keys always follow one another in the order of the table. Text and a number may be the same
    /// key, and text is ordered by its letters.
    #[must_use]
    pub fn groups_keys(&self) -> bool {
        self.key_form.is_numeric()
    }
}

/// The role column, for the check of values that are written.
#[derive(Debug, Clone, PartialEq)]
struct RoleColumn {
    name: String,
    kind: String,
    full_type: String,
    length: Option<i64>,
    is_numeric: bool,
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
            let keys = legacy_obstacles::unique_keys(&mut conn, db.kind(), &table).await?;
            tables.push((table, columns, keys));
        }
    }
    let found_in = |(name, columns, keys): (String, Vec<Column>, Vec<UniqueKey>)| {
        Candidate { kind: db.kind(), name: &name, columns: &columns, keys: &keys }.search(wanted)
    };
    let searches: Vec<TableSearch> = tables.into_iter().map(found_in).collect();
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

/// A table that may be the legacy table.
struct Candidate<'a> {
    kind: EngineKind,
    name: &'a str,
    columns: &'a [Column],
    keys: &'a [UniqueKey],
}

/// The columns of a user.
struct UserColumns<'a> {
    id: &'a Column,
    name: &'a Column,
    password: &'a Column,
    role: Option<&'a Column>,
}

impl<'a> UserColumns<'a> {
    /// Finds the columns. If a required one is missing, returns its meaning as the error.
    fn choose(columns: &'a [Column], wanted: &LegacyTableNames) -> std::result::Result<Self, &'static str> {
        let column = |given: &Option<String>, known: &'static str| {
            let name = given.as_deref().unwrap_or(known);
            columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)).ok_or(known)
        };
        let (id, name) = (column(&wanted.id, "id")?, column(&wanted.username, "username")?);
        let (password, role) = (column(&wanted.password, "password")?, column(&wanted.role, "role"));
        if wanted.role.is_some() {
            role?;
        }
        Ok(Self { id, name, password, role: role.ok() })
    }

    fn uses(&self, column: &Column) -> bool {
        let own = [self.id, self.name, self.password].into_iter().chain(self.role);
        own.into_iter().any(|own| own.name == column.name)
    }
}

impl Candidate<'_> {
    /// Finds the columns of the table, or states which is missing.
    fn search(&self, wanted: &LegacyTableNames) -> TableSearch {
        let table = self.name.to_owned();
        let has = || self.columns.iter().map(|column| column.name.clone()).collect();
        let used = match UserColumns::choose(self.columns, wanted) {
            Ok(used) => used,
            Err(column) => return TableSearch::NoColumn { table, column, has: has() },
        };
        let hash_columns = match HashColumns::choose(self.columns, wanted) {
            Ok(forms) => forms,
            Err(column) => return TableSearch::NoHashColumn { table, column, has: has() },
        };
        let others = self.columns.iter().filter(|column| !used.uses(column) && !hash_columns.uses(&column.name));
        let others: Vec<_> = others.map(|column| (column.name.as_str(), column.default.as_deref())).collect();
        match StateColumn::choose(self.name, &others, &wanted.states) {
            Ok(states) => {
                let table = LegacyTable {
                    repair: wanted.repair,
                    role_values: wanted.role_values.clone(),
                    ..self.table(&used, hash_columns, states)
                };
                TableSearch::Found(Box::new(table))
            }
            Err(column) => TableSearch::NoStateColumn { table, column, has: has() },
        }
    }

    fn table(&self, used: &UserColumns<'_>, hash_columns: HashColumns, states: Vec<StateColumn>) -> LegacyTable {
        let UserColumns { id, name, password, role } = *used;
        let form = |column: &Column| dialect::column_form(self.kind, &column.kind);
        let read_too = format!("{}{}", legacy_states::list(&states), hash_columns.list());
        let filled = FilledColumns { id, distinct: [name, password], role };
        LegacyTable {
            name: self.name.to_owned(),
            columns: [id, name, password].map(|column| column.name.clone()),
            key_form: form(id),
            role_column: role.map(|role| role.name.clone()),
            name_limit: name.length,
            compares_exactly: name.collation.as_ref().is_none_or(|collation| collation.ends_with("_bin")),
            password_limit: password.length,
            insert_obstacle: InsertObstacle::find(self.columns, self.keys, &filled),
            role: role.map(|role| RoleColumn {
                name: role.name.clone(),
                kind: role.kind.clone(),
                full_type: role.full_type.clone(),
                length: role.length,
                is_numeric: form(role).is_numeric(),
            }),
            name_is_numeric: form(name).is_numeric(),
            statements: Statements::new(self.kind, self.name, [id, name, password], role, &read_too),
            repair: TextRepair::default(),
            role_values: RoleValues::default(),
            states,
            hash_columns,
        }
    }
}
