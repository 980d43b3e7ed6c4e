//! The detection of the legacy table, and the statements for it, whose names of table and columns are configurable.
//!
//! Invariant: a configured name appears in a statement only as a quoted identifier.

use super::{
    db::{Db, EngineKind},
    dialect,
    legacy_sql::{kept, quoted},
    legacy_states::{self, StateColumn},
};
use crate::{Result, model::LegacyTableNames};

/// The maximum number of rows that are read for one name. A collation may match several names, but hardly more than
/// these.
const NAMESAKES: i64 = 50;

/// The number of spellings by which a name is searched.
pub const SPELLINGS: usize = 5;

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
    pub(super) statements: Statements,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Statements {
    pub(super) page: &'static str,
    pub(super) newest: &'static str,
    pub(super) by_names: &'static str,
    pub(super) by_id: &'static str,
    pub(super) by_folded_name: &'static str,
    pub(super) count: &'static str,
    pub(super) without_number: &'static str,
    pub(super) highest: &'static str,
    pub(super) insert: &'static str,
    pub(super) insert_numbered: &'static str,
    pub(super) writes_nothing: [&'static str; 3],
    pub(super) replace_password: &'static str,
    pub(super) withdraw: &'static str,
}

impl LegacyTable {
    /// Returns whether any state column is read with each row.
    #[must_use]
    pub fn tells_who_is_shut_out(&self) -> bool {
        self.states.iter().any(StateColumn::is_read)
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
    /// The column of the ids is not an integer column.
    IdIsNoInteger {
        table: String,
        column: String,
    },
}

struct Column {
    name: String,
    kind: String,
    length: Option<i64>,
    is_required: bool,
    /// Whether the database assigns the values.
    is_numbered: bool,
    character_set: Option<String>,
    collation: Option<String>,
    default: Option<String>,
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
        let columns = conn
            .all(dialect::columns(db.kind()), &[table.as_str().into()], |row| {
                Ok(Column {
                    name: row.text(0)?,
                    kind: row.text(1)?.to_ascii_lowercase(),
                    length: row.integer_or_null(2)?,
                    is_required: row.integer(3)? != 0,
                    is_numbered: row.integer(4)? != 0,
                    character_set: row.text_or_null(5)?,
                    collation: row.text_or_null(6)?,
                    default: row.as_text(7)?,
                })
            })
            .await?;
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
    if !id.kind.contains("int") || id.kind == "point" {
        return TableSearch::IdIsNoInteger { table, column: id.name.clone() };
    }
    let used = [Some(id), Some(name), Some(password), role];
    let is_used = |column: &&Column| used.iter().flatten().any(|own| own.name == column.name);
    let others: Vec<_> = columns.iter().filter(|column| !is_used(column)).collect();
    let others: Vec<_> = others.iter().map(|column| (column.name.as_str(), column.default.as_deref())).collect();
    let states = match StateColumn::choose(&table, &others, &wanted.states) {
        Ok(states) => states,
        Err(column) => return TableSearch::NoStateColumn { table: table.clone(), column, has: has() },
    };
    let required = columns.iter().find(|column| column.is_required && !is_used(column));
    let unfilled = if id.is_numbered { required } else { Some(id) };
    let names = [id.name.as_str(), name.name.as_str(), password.name.as_str()];
    let role_name = role.map(|role| role.name.as_str());
    let read = (role_name, legacy_states::list(&states));
    let statements = Statements::new(&table, names, read, &place_for_name(name), dialect::folding(kind));
    TableSearch::Found(Box::new(LegacyTable {
        columns: names.map(str::to_owned),
        role_column: role.map(|role| role.name.clone()),
        name_limit: name.length,
        compares_exactly: name.collation.as_ref().is_none_or(|collation| collation.ends_with("_bin")),
        cannot_insert_for: unfilled.map(|column| column.name.clone()),
        states,
        statements,
        name: table,
    }))
}

impl Statements {
    fn new(
        table: &str,
        names: [&str; 3],
        (role, states): (Option<&str>, String),
        place: &str,
        [fold, folded]: [&str; 2],
    ) -> Self {
        let [id, name, password] = names.map(quoted);
        let table = quoted(table);
        let (role, role_place) = match role {
            Some(role) => (quoted(role), ", ?"),
            None => ("NULL".to_owned(), ""),
        };
        let places = [place; SPELLINGS].join(", ");
        let row = format!("SELECT {id}, {name}, {password}, {role}{states} FROM {table}");
        let inserted = if role_place.is_empty() { String::new() } else { format!(", {role}") };
        Self {
            page: kept(format!("{row} WHERE {id} > ? ORDER BY {id} LIMIT ?")),
            newest: kept(format!("{row} ORDER BY {id} DESC LIMIT ?")),
            by_names: kept(format!("{row} WHERE {name} IN ({places}) ORDER BY {id} LIMIT {NAMESAKES}")),
            by_folded_name: kept(format!("{row} WHERE {fold}{name}{folded} IN (?, ?) ORDER BY {id} LIMIT {NAMESAKES}")),
            by_id: kept(format!("{row} WHERE {id} = ?")),
            count: kept(format!("SELECT COUNT(*) FROM {table}")),
            without_number: kept(format!("SELECT COUNT(*) FROM {table} WHERE {id} IS NULL")),
            highest: kept(format!("SELECT {id} FROM {table} WHERE {id} <= ? ORDER BY {id} DESC LIMIT 100")),
            insert: kept(format!("INSERT INTO {table} ({name}, {password}{inserted}) VALUES (?, ?{role_place})")),
            insert_numbered: kept(format!(
                "INSERT INTO {table} ({id}, {name}, {password}{inserted}) VALUES (?, ?, ?{role_place})"
            )),
            writes_nothing: [
                kept(format!(
                    "INSERT INTO {table} ({name}, {password}{inserted})
                     SELECT {name}, {password}{inserted} FROM {table} WHERE 1 = 0"
                )),
                kept(format!("UPDATE {table} SET {password} = {password} WHERE 1 = 0")),
                kept(format!("DELETE FROM {table} WHERE 1 = 0")),
            ],
            replace_password: kept(format!("UPDATE {table} SET {password} = ? WHERE {id} = ? AND {password} = ?")),
            withdraw: kept(format!("DELETE FROM {table} WHERE {id} = ? AND {name} = ? AND {password} = ?")),
        }
    }
}

/// Returns the placeholder for a name that is compared with `column`. MySQL rejects the comparison of a column with
/// text that its character set lacks. The text is therefore converted to that set. Characters that the set lacks become
/// a replacement character, which no name contains.
fn place_for_name(column: &Column) -> String {
    let is_word = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match (&column.character_set, &column.collation) {
        (Some(set), Some(collation)) if set != "utf8mb4" && is_word(set) && is_word(collation) => {
            format!("CONVERT(? USING {set}) COLLATE {collation}")
        }
        _ => "?".to_owned(),
    }
}
