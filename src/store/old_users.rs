//! The old application's table of users, wherever it is and whatever its columns are called.
//!
//! It knows no table of ours. Invariant: nothing here changes a row that is there, but for [`replace_password`], and
//! nothing adds one, but for [`insert`]; both are for the one who asked for passwords to be written back.

use super::{
    db::{Conn, Db, Inserted, Row, Tx},
    dialect,
};
use crate::{
    Error, Result,
    config::OldTableNames,
    model::{OldId, OldPassword, OldUser},
};

/// Most rows that are looked at for one name. A collation may find several; more than these are no honest table's.
const NAMESAKES: i64 = 50;

/// Under how many spellings a name is looked for.
pub const SPELLINGS: usize = 5;

/// The table, as it was found.
#[derive(Debug, Clone)]
pub struct OldTable {
    pub name: String,
    /// The names of the columns: id, user name, password, and the role's if there is one.
    pub columns: [String; 3],
    pub role_column: Option<String>,
    /// Characters that the user name's column holds at most, if the database says so.
    pub name_limit: Option<i64>,
    /// A column without a default that is none of ours, so that no row can be added.
    pub cannot_insert_for: Option<String>,
    statements: Statements,
}

#[derive(Debug, Clone, Copy)]
struct Statements {
    page: &'static str,
    newest: &'static str,
    by_names: &'static str,
    by_id: &'static str,
    count: &'static str,
    without_number: &'static str,
    highest: &'static str,
    insert: &'static str,
    replace_password: &'static str,
    withdraw: &'static str,
}

/// What a search for the table came to.
#[derive(Debug)]
pub enum Search {
    Found(Box<OldTable>),
    /// There is no table of that name, or neither of the two that are known.
    NoTable,
    /// More than one table could be meant.
    Several(Vec<String>),
    /// The table lacks a column: which, and what it has.
    NoColumn {
        table: String,
        column: &'static str,
        has: Vec<String>,
    },
    /// Its numbers are not numbers.
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
    character_set: Option<String>,
    collation: Option<String>,
}

/// Looks for the table in `db`. Without a name: one of the two that the old applications use.
///
/// # Errors
/// The database's.
pub async fn find(db: &Db, wanted: &OldTableNames) -> Result<Search> {
    let mut conn = db.read().await?;
    let candidates = match &wanted.table {
        Some(table) => vec![table.clone()],
        None => vec!["users".to_owned(), "user".to_owned()],
    };
    let mut there = Vec::new();
    for table in candidates {
        let columns = conn
            .all(dialect::columns(db.kind()), &[table.as_str().into()], |row| {
                Ok(Column {
                    name: row.text(0)?,
                    kind: row.text(1)?.to_ascii_lowercase(),
                    length: row.integer_or_null(2)?,
                    is_required: row.integer(3)? != 0,
                    character_set: row.text_or_null(4)?,
                    collation: row.text_or_null(5)?,
                })
            })
            .await?;
        if !columns.is_empty() {
            there.push((table, columns));
        }
    }
    let searches: Vec<Search> = there.into_iter().map(|(table, columns)| table_of(table, &columns, wanted)).collect();
    let found: Vec<String> = searches
        .iter()
        .filter_map(|search| if let Search::Found(table) = search { Some(table.name.clone()) } else { None })
        .collect();
    if found.len() > 1 {
        return Ok(Search::Several(found));
    }
    let best = searches.into_iter().max_by_key(|search| matches!(search, Search::Found(_)));
    Ok(best.unwrap_or(Search::NoTable))
}

fn table_of(table: String, columns: &[Column], wanted: &OldTableNames) -> Search {
    let column = |given: &Option<String>, known: &'static str| {
        let name = given.as_deref().unwrap_or(known);
        columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    };
    let (id, name) = (column(&wanted.id, "id"), column(&wanted.username, "username"));
    let (password, role) = (column(&wanted.password, "password"), column(&wanted.role, "role"));
    let missing = |column| Search::NoColumn {
        table: table.clone(),
        column,
        has: columns.iter().map(|column| column.name.clone()).collect(),
    };
    let Some(id) = id else { return missing("id") };
    let Some(name) = name else { return missing("username") };
    let Some(password) = password else { return missing("password") };
    if role.is_none() && wanted.role.is_some() {
        return missing("role");
    }
    if !id.kind.contains("int") || id.kind == "point" {
        return Search::IdIsNoInteger { table, column: id.name.clone() };
    }
    let ours = [Some(id), Some(name), Some(password), role];
    let is_ours = |column: &&Column| ours.iter().flatten().any(|own| own.name == column.name);
    let required = columns.iter().find(|column| column.is_required && !is_ours(column));
    let names = [id.name.as_str(), name.name.as_str(), password.name.as_str()];
    let statements = Statements::new(&table, names, role.map(|role| role.name.as_str()), &place_for_name(name));
    Search::Found(Box::new(OldTable {
        columns: names.map(str::to_owned),
        role_column: role.map(|role| role.name.clone()),
        name_limit: name.length,
        cannot_insert_for: required.map(|column| column.name.clone()),
        statements,
        name: table,
    }))
}

impl Statements {
    fn new(table: &str, names: [&str; 3], role: Option<&str>, place: &str) -> Self {
        let [id, name, password] = names.map(quoted);
        let table = quoted(table);
        let (role, role_place) = match role {
            Some(role) => (quoted(role), ", ?"),
            None => ("NULL".to_owned(), ""),
        };
        let places = [place; SPELLINGS].join(", ");
        let row = format!("SELECT {id}, {name}, {password}, {role} FROM {table}");
        let inserted = if role_place.is_empty() { String::new() } else { format!(", {role}") };
        Self {
            page: kept(format!("{row} WHERE {id} > ? ORDER BY {id} LIMIT ?")),
            newest: kept(format!("{row} ORDER BY {id} DESC LIMIT ?")),
            by_names: kept(format!("{row} WHERE {name} IN ({places}) ORDER BY {id} LIMIT {NAMESAKES}")),
            by_id: kept(format!("{row} WHERE {id} = ?")),
            count: kept(format!("SELECT COUNT(*) FROM {table}")),
            without_number: kept(format!("SELECT COUNT(*) FROM {table} WHERE {id} IS NULL")),
            highest: kept(format!("SELECT {id} FROM {table} WHERE {id} <= ? ORDER BY {id} DESC LIMIT 100")),
            insert: kept(format!("INSERT INTO {table} ({name}, {password}{inserted}) VALUES (?, ?{role_place})")),
            replace_password: kept(format!("UPDATE {table} SET {password} = ? WHERE {id} = ? AND {password} = ?")),
            withdraw: kept(format!("DELETE FROM {table} WHERE {id} = ? AND {name} = ? AND {password} = ?")),
        }
    }
}

/// A place for a name to compare with `column`. MySQL refuses to compare a column of a narrow character set with text that
/// the set lacks, so the text is brought into the set first: with signs that no name has where there is nothing better.
fn place_for_name(column: &Column) -> String {
    let is_word = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match (&column.character_set, &column.collation) {
        (Some(set), Some(collation)) if set != "utf8mb4" && is_word(set) && is_word(collation) => {
            format!("CONVERT(? USING {set}) COLLATE {collation}")
        }
        _ => "?".to_owned(),
    }
}

/// An identifier in the quotes that both engines know.
fn quoted(identifier: &str) -> String {
    format!("`{}`", identifier.replace('`', "``"))
}

/// A statement for the rest of the process: there is one table, and its statements are made once.
fn kept(sql: String) -> &'static str {
    Box::leak(sql.into_boxed_str())
}

fn old_user(row: &Row<'_>) -> Result<OldUser> {
    Ok(OldUser {
        id: OldId(row.integer(0)?),
        name: row.field(1),
        password: row.field(2).map(OldPassword::new),
        role: row.field(3),
    })
}

/// Up to `limit` rows with numbers above `after`, in their order; `None` for a row whose number is not a whole one, or
/// beyond 64 bits.
///
/// # Errors
/// The database's.
pub async fn page(conn: &mut Conn, table: &OldTable, after: OldId, limit: u32) -> Result<Vec<Option<OldUser>>> {
    conn.all(table.statements.page, &[after.0.into(), i64::from(limit).into()], |row| Ok(old_user(row).ok())).await
}

/// Up to `limit` rows, those with the highest numbers first.
///
/// # Errors
/// The database's.
pub async fn newest(conn: &mut Conn, table: &OldTable, limit: u32) -> Result<Vec<OldUser>> {
    conn.all(table.statements.newest, &[i64::from(limit).into()], old_user).await
}

/// The rows whose name is one of these by the old database's own rules, which may fold more or less than ours: the
/// caller compares again.
///
/// # Errors
/// The database's.
pub async fn by_names(conn: &mut Conn, table: &OldTable, names: &[String; SPELLINGS]) -> Result<Vec<OldUser>> {
    conn.all(table.statements.by_names, &names.each_ref().map(|name| name.as_str().into()), old_user).await
}

/// The row with this number.
///
/// # Errors
/// The database's.
pub async fn by_id(conn: &mut Conn, table: &OldTable, id: OldId) -> Result<Option<OldUser>> {
    conn.optional(table.statements.by_id, &[id.0.into()], old_user).await
}

/// How many rows there are.
///
/// # Errors
/// The database's.
pub async fn count(conn: &mut Conn, table: &OldTable) -> Result<i64> {
    let counted = conn.all(table.statements.count, &[], |row| row.integer(0)).await?;
    Ok(counted.first().copied().unwrap_or(0))
}

/// How many rows have no number, so that no page has them.
///
/// # Errors
/// The database's.
pub async fn count_without_number(conn: &mut Conn, table: &OldTable) -> Result<i64> {
    let counted = conn.all(table.statements.without_number, &[], |row| row.integer(0)).await?;
    Ok(counted.first().copied().unwrap_or(0))
}

/// The highest number that is in use, up to and with `upto`. Beside it there may be some that are not whole.
///
/// # Errors
/// The database's.
pub async fn highest(conn: &mut Conn, table: &OldTable, upto: OldId) -> Result<Option<OldId>> {
    let highest = conn.all(table.statements.highest, &[upto.0.into()], |row| Ok(row.integer(0).ok())).await?;
    Ok(highest.into_iter().flatten().next().map(OldId))
}

/// What an insert into the old table came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insert {
    Done(OldId),
    NameTaken,
    /// The name is too long for the old table, or has a character that its character set lacks.
    Unfit,
}

/// Adds a user to the old table.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut Tx, table: &OldTable, name: &str, password: &OldPassword, role: &str) -> Result<Insert> {
    let params = [name.into(), password.reveal().into(), role.into()];
    let used = if table.role_column.is_some() { 3 } else { 2 };
    let params = params.get(..used).ok_or(Error::Corrupt("parameters"))?;
    Ok(match tx.insert(table.statements.insert, params).await? {
        Inserted::Row(id) => Insert::Done(OldId(id)),
        Inserted::Duplicate => Insert::NameTaken,
        Inserted::Unfit => Insert::Unfit,
    })
}

/// Replaces what the password column holds; false unless it still holds `seen`.
///
/// # Errors
/// The database's.
pub async fn replace_password(
    tx: &mut Tx,
    table: &OldTable,
    id: OldId,
    seen: &OldPassword,
    new: &OldPassword,
) -> Result<bool> {
    let params = [new.reveal().into(), id.0.into(), seen.reveal().into()];
    Ok(tx.execute(table.statements.replace_password, &params).await? == 1)
}

/// Takes back a row that [`insert`] added for a sign-up that then came to nothing.
///
/// # Errors
/// The database's.
pub async fn withdraw(tx: &mut Tx, table: &OldTable, id: OldId, name: &str, password: &OldPassword) -> Result<()> {
    let params = [id.0.into(), name.into(), password.reveal().into()];
    tx.execute(table.statements.withdraw, &params).await.map(drop)
}
