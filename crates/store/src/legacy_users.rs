//! The rows of the legacy table, in any database.
//!
//! This module uses none of Doorward's tables. Invariant: only [`replace_password`] changes a row, only [`insert`] adds
//! one, and only [`withdraw`] removes one, which `insert` added. All three are used only if the operator enabled the
//! write-back of passwords.

use super::{
    db::{Conn, Inserted, Param, Row, Tx},
    legacy_statements::{KeyParams, cursor},
    legacy_states,
    legacy_table::LegacyTable,
};
use crate::{
    Error, Result,
    model::{KeylessRow, LegacyId, LegacyKey, LegacyPassword, LegacyUser, RawCell, RawRow},
};

pub use super::legacy_statements::SPELLINGS;

/// A row with the stored value of its key, which is its place in the order of the table.
#[derive(Debug, Clone)]
pub struct PlacedRow {
    pub place: RawCell,
    pub row: std::result::Result<LegacyUser, KeylessRow>,
}

/// The rows from which a page starts.
#[derive(Debug, Clone)]
pub enum PageStart {
    First,
    /// The rows whose key equals this one by the rules of the database, and the ones after it.
    From(RawCell),
    /// The rows after the ones whose key equals this one.
    After(RawCell),
    /// The rows without a key.
    WithoutKey,
}

/// Reads the values of a row as what they are.
fn read(row: &Row<'_>, table: &LegacyTable) -> Result<PlacedRow> {
    let (place, name) = (row.cell(0)?, row.cell(1)?);
    let after_states = 4 + table.states.iter().filter(|state| state.is_read()).count();
    let password = table.hash_columns.password(row, after_states, &name, row.cell(2)?)?;
    let role = row.cell(3)?;
    let is_shut_out = legacy_states::is_shut_out(row, &table.states, 4)? || table.disables(&role);
    let raw = RawRow { key: place.clone(), name, password, role, is_shut_out };
    Ok(PlacedRow { place, row: raw.read(table.repair) })
}

/// Returns up to `limit` rows in the order of their keys in the database.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn page(conn: &mut Conn, table: &LegacyTable, start: &PageStart, limit: u32) -> Result<Vec<PlacedRow>> {
    let (sql, at) = match start {
        PageStart::First => (table.statements.first_page, None),
        PageStart::From(place) => (table.statements.page_from, Some(cursor(place))),
        PageStart::After(place) => (table.statements.page_after, Some(cursor(place))),
        PageStart::WithoutKey => (table.statements.without_key, None),
    };
    let mut params: Vec<Param<'_>> = at.iter().map(|at| at.param()).collect();
    params.push(i64::from(limit).into());
    conn.all(sql, &params, |row| read(row, table)).await
}

/// Returns up to `limit` rows, the last keys first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn newest(conn: &mut Conn, table: &LegacyTable, limit: u32) -> Result<Vec<LegacyUser>> {
    let rows = conn.all(table.statements.newest, &[i64::from(limit).into()], |row| read(row, table)).await?;
    Ok(rows.into_iter().filter_map(|placed| placed.row.ok()).collect())
}

/// Returns the rows whose name equals one of these by the rules of the legacy database. Those rules may fold more or
/// less than Doorward's, so the caller must compare again.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_names(
    conn: &mut Conn,
    table: &LegacyTable,
    names: &[String; SPELLINGS],
) -> Result<Vec<std::result::Result<LegacyUser, KeylessRow>>> {
    let params = names.each_ref().map(|name| name.as_str().into());
    conn.all(table.statements.by_names, &params, |row| Ok(read(row, table)?.row)).await
}

/// Returns the rows whose name equals one of these, ignoring case. It is for databases in which [`by_names`] finds only
/// the exact spelling. Reads the whole table.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_folded_name(
    conn: &mut Conn,
    table: &LegacyTable,
    names: [&str; 2],
) -> Result<Vec<std::result::Result<LegacyUser, KeylessRow>>> {
    conn.all(table.statements.by_folded_name, &names.map(Into::into), |row| Ok(read(row, table)?.row)).await
}

/// Returns the row with exactly this key.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_key(conn: &mut Conn, table: &LegacyTable, key: &LegacyKey) -> Result<Option<LegacyUser>> {
    let params = KeyParams::new(table.key_form, key);
    let found = conn.all(table.statements.by_key, &params.params(), |row| Ok(read(row, table)?.row)).await?;
    Ok(found.into_iter().flatten().find(|row| row.key == *key))
}

/// Returns the number of rows.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count(conn: &mut Conn, table: &LegacyTable) -> Result<i64> {
    let counted = conn.all(table.statements.count, &[], |row| row.integer(0)).await?;
    Ok(counted.first().copied().unwrap_or(0))
}

/// Returns the number of rows without a key.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count_without_key(conn: &mut Conn, table: &LegacyTable) -> Result<i64> {
    let counted = conn.all(table.statements.count_without_key, &[], |row| row.integer(0)).await?;
    Ok(counted.first().copied().unwrap_or(0))
}

/// Returns the highest number among the keys up to `upto`, including it.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn highest(conn: &mut Conn, table: &LegacyTable, upto: LegacyId) -> Result<Option<LegacyId>> {
    let highest = conn.all(table.statements.highest, &[upto.0.into()], |row| Ok(row.cell(0)?.key().ok())).await?;
    Ok(highest.into_iter().flatten().find_map(|key| key.number()))
}

/// Executes one statement of each kind of write, without rows, to check the permissions for them.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn try_to_write(tx: &mut Tx, table: &LegacyTable) -> Result<()> {
    for sql in table.statements.writes_nothing {
        tx.execute(sql, &[]).await?;
    }
    Ok(())
}

/// The outcome of an insert into the legacy table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Insert {
    Done(LegacyId),
    /// This unique key already has a value of the row; usually the name.
    Duplicate(String),
    /// The name is too long for the legacy table, or has a character that the column's character set lacks.
    Unfit,
}

/// Adds a user to the legacy table, with the id `number` or one that the database assigns.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert(
    tx: &mut Tx,
    table: &LegacyTable,
    number: Option<LegacyId>,
    (name, password, role): (&str, &LegacyPassword, &str),
) -> Result<Insert> {
    let mut params: Vec<Param<'_>> = number.iter().map(|number| number.0.into()).collect();
    params.extend([Param::from(name), stored(password)]);
    if table.role_column.is_some() {
        params.push(role.into());
    }
    let sql = if number.is_some() { table.statements.insert_numbered } else { table.statements.insert };
    let (inserted, message) = tx.insert_described(sql, &params).await?;
    let [_, name_column, _] = &table.columns;
    match inserted {
        Inserted::Row(id) => Ok(Insert::Done(number.unwrap_or(LegacyId(id)))),
        Inserted::Duplicate => Ok(Insert::Duplicate(key_in(&message))),
        // MySQL's 3988 names no column. Only the name can have characters that a column lacks.
        Inserted::Unfit if message.ends_with("(3988)") && !name.is_ascii() && role.is_ascii() => Ok(Insert::Unfit),
        Inserted::Unfit if names_column(&message, name_column) => Ok(Insert::Unfit),
        Inserted::Unfit => Err(Error::Database(format!("the legacy table {}: {message}", table.name))),
    }
}

/// Returns the name of the key in a message about a duplicate, without the value that MySQL quotes before it. SQLite names
/// the columns.
fn key_in(message: &str) -> String {
    let named = message.rsplit_once("for key ").or_else(|| message.rsplit_once("constraint failed: "));
    let named = named.map_or("", |(_, key)| key);
    named.trim_matches(|sign: char| sign == '\'' || sign.is_whitespace()).to_owned()
}

/// Returns whether the message of the database is about this column.
fn names_column(message: &str, column: &str) -> bool {
    let message = message.to_lowercase();
    let column = column.to_lowercase();
    [format!("'{column}'"), format!("`{column}`")].iter().any(|quoted| message.contains(quoted))
}

/// Returns the value as the column holds values.
fn stored(password: &LegacyPassword) -> Param<'_> {
    if password.is_bytes() { password.reveal().as_bytes().into() } else { password.reveal().into() }
}

/// Replaces the value of the password column. Returns false if it is no longer `seen`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn replace_password(
    tx: &mut Tx,
    table: &LegacyTable,
    key: &LegacyKey,
    seen: &LegacyPassword,
    new: &LegacyPassword,
) -> Result<bool> {
    let keys = KeyParams::new(table.key_form, key);
    let mut params = vec![stored(new)];
    params.extend(keys.params());
    params.push(seen.reveal().into());
    Ok(tx.execute(table.statements.replace_password, &params).await? == 1)
}

/// Removes a row that [`insert`] added for a sign-up that then failed.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn withdraw(
    tx: &mut Tx,
    table: &LegacyTable,
    id: LegacyId,
    name: &str,
    password: &LegacyPassword,
) -> Result<()> {
    let keys = KeyParams::new(table.key_form, &LegacyKey::Number(id));
    let mut params = keys.params().to_vec();
    params.extend([Param::from(name), Param::from(password.reveal())]);
    tx.execute(table.statements.withdraw, &params).await.map(drop)
}
