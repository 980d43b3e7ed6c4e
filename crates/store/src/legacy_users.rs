//! The rows of the legacy table, in any database.
//!
//! This module uses none of Doorward's tables. Invariant: only [`replace_password`] changes a row, only [`insert`] adds
//! one, and only [`withdraw`] removes one, which `insert` added. All three are used only if the operator enabled the
//! write-back of passwords.

use super::{
    db::{Conn, Inserted, Param, Row, Tx},
    legacy_states,
    legacy_table::{LegacyTable, SPELLINGS},
};
use crate::{
    Result,
    model::{LegacyId, LegacyPassword, LegacyUser},
};

fn legacy_user(row: &Row<'_>, table: &LegacyTable) -> Result<LegacyUser> {
    Ok(LegacyUser {
        id: LegacyId(row.integer(0)?),
        name: row.field(1),
        password: row.field(2).map(LegacyPassword::new),
        role: row.field(3),
        is_shut_out: legacy_states::is_shut_out(row, &table.states, 4)?,
    })
}

/// Reads a row. Returns `None` if its id is not an integer of 64 bits.
fn readable(row: &Row<'_>, table: &LegacyTable) -> Result<Option<LegacyUser>> {
    Ok(legacy_user(row, table).ok())
}

/// Returns up to `limit` rows with ids above `after`, in order; `None` for a row whose id is not an integer of 64 bits.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn page(
    conn: &mut Conn,
    table: &LegacyTable,
    after: LegacyId,
    limit: u32,
) -> Result<Vec<Option<LegacyUser>>> {
    conn.all(table.statements.page, &[after.0.into(), i64::from(limit).into()], |row| readable(row, table)).await
}

/// Returns up to `limit` rows, the highest ids first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn newest(conn: &mut Conn, table: &LegacyTable, limit: u32) -> Result<Vec<LegacyUser>> {
    conn.all(table.statements.newest, &[i64::from(limit).into()], |row| readable(row, table))
        .await
        .map(|rows| rows.into_iter().flatten().collect())
}

/// Returns the rows whose name equals one of these by the rules of the legacy database; `None` for a row whose id is
/// unreadable. Those rules may fold more or less than Doorward's, so the caller must compare again.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_names(
    conn: &mut Conn,
    table: &LegacyTable,
    names: &[String; SPELLINGS],
) -> Result<Vec<Option<LegacyUser>>> {
    conn.all(table.statements.by_names, &names.each_ref().map(|name| name.as_str().into()), |row| readable(row, table))
        .await
}

/// Returns the rows whose name equals one of these, ignoring case. It is for databases in which [`by_names`] finds only
/// the exact spelling. Reads the whole table.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_folded_name(conn: &mut Conn, table: &LegacyTable, names: [&str; 2]) -> Result<Vec<Option<LegacyUser>>> {
    conn.all(table.statements.by_folded_name, &names.map(Into::into), |row| readable(row, table)).await
}

/// Returns the row with this id.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_id(conn: &mut Conn, table: &LegacyTable, id: LegacyId) -> Result<Option<LegacyUser>> {
    conn.optional(table.statements.by_id, &[id.0.into()], |row| legacy_user(row, table)).await
}

/// Returns the number of rows.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count(conn: &mut Conn, table: &LegacyTable) -> Result<i64> {
    let counted = conn.all(table.statements.count, &[], |row| row.integer(0)).await?;
    Ok(counted.first().copied().unwrap_or(0))
}

/// Returns the number of rows without an id, which no page contains.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count_without_number(conn: &mut Conn, table: &LegacyTable) -> Result<i64> {
    let counted = conn.all(table.statements.without_number, &[], |row| row.integer(0)).await?;
    Ok(counted.first().copied().unwrap_or(0))
}

/// Returns the highest id up to `upto`, including it. Ids that are not integers do not count.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn highest(conn: &mut Conn, table: &LegacyTable, upto: LegacyId) -> Result<Option<LegacyId>> {
    let highest = conn.all(table.statements.highest, &[upto.0.into()], |row| Ok(row.integer(0).ok())).await?;
    Ok(highest.into_iter().flatten().next().map(LegacyId))
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insert {
    Done(LegacyId),
    NameTaken,
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
    params.extend([Param::from(name), Param::from(password.reveal())]);
    if table.role_column.is_some() {
        params.push(role.into());
    }
    let sql = if number.is_some() { table.statements.insert_numbered } else { table.statements.insert };
    Ok(match tx.insert(sql, &params).await? {
        Inserted::Row(id) => Insert::Done(number.unwrap_or(LegacyId(id))),
        Inserted::Duplicate => Insert::NameTaken,
        Inserted::Unfit => Insert::Unfit,
    })
}

/// Replaces the value of the password column. Returns false if it is no longer `seen`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn replace_password(
    tx: &mut Tx,
    table: &LegacyTable,
    id: LegacyId,
    seen: &LegacyPassword,
    new: &LegacyPassword,
) -> Result<bool> {
    let params = [new.reveal().into(), id.0.into(), seen.reveal().into()];
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
    let params = [id.0.into(), name.into(), password.reveal().into()];
    tx.execute(table.statements.withdraw, &params).await.map(drop)
}
