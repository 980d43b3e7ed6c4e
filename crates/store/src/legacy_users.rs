//! The rows of the old application's table of users, wherever it is.
//!
//! It knows no table of ours. Invariant: nothing here changes a row that is there, but for [`replace_password`], adds one,
//! but for [`insert`], or removes one, but for [`withdraw`], which takes back what `insert` added; all three are for the one
//! who asked for passwords to be written back.

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
        is_shut_out: legacy_states::is_shut_out(row, table, 4)?,
    })
}

/// `None` for a row whose number is not a whole one, or beyond 64 bits.
fn readable(row: &Row<'_>, table: &LegacyTable) -> Result<Option<LegacyUser>> {
    Ok(legacy_user(row, table).ok())
}

/// Up to `limit` rows with numbers above `after`, in their order; `None` for a row whose number is not a whole one, or
/// beyond 64 bits.
///
/// # Errors
/// The database's.
pub async fn page(
    conn: &mut Conn,
    table: &LegacyTable,
    after: LegacyId,
    limit: u32,
) -> Result<Vec<Option<LegacyUser>>> {
    conn.all(table.statements.page, &[after.0.into(), i64::from(limit).into()], |row| readable(row, table)).await
}

/// Up to `limit` rows, those with the highest numbers first.
///
/// # Errors
/// The database's.
pub async fn newest(conn: &mut Conn, table: &LegacyTable, limit: u32) -> Result<Vec<LegacyUser>> {
    conn.all(table.statements.newest, &[i64::from(limit).into()], |row| readable(row, table))
        .await
        .map(|rows| rows.into_iter().flatten().collect())
}

/// The rows whose name is one of these by the old database's own rules, which may fold more or less than ours: the
/// caller compares again. `None` for a row whose number cannot be read.
///
/// # Errors
/// The database's.
pub async fn by_names(
    conn: &mut Conn,
    table: &LegacyTable,
    names: &[String; SPELLINGS],
) -> Result<Vec<Option<LegacyUser>>> {
    conn.all(table.statements.by_names, &names.each_ref().map(|name| name.as_str().into()), |row| readable(row, table))
        .await
}

/// The rows whose name is one of these two in letters of either case, where [`by_names`] finds a name only as it is spelled.
/// Reads the whole table.
///
/// # Errors
/// The database's.
pub async fn by_folded_name(conn: &mut Conn, table: &LegacyTable, names: [&str; 2]) -> Result<Vec<Option<LegacyUser>>> {
    conn.all(table.statements.by_folded_name, &names.map(Into::into), |row| readable(row, table)).await
}

/// The row with this number.
///
/// # Errors
/// The database's.
pub async fn by_id(conn: &mut Conn, table: &LegacyTable, id: LegacyId) -> Result<Option<LegacyUser>> {
    conn.optional(table.statements.by_id, &[id.0.into()], |row| legacy_user(row, table)).await
}

/// How many rows there are.
///
/// # Errors
/// The database's.
pub async fn count(conn: &mut Conn, table: &LegacyTable) -> Result<i64> {
    let counted = conn.all(table.statements.count, &[], |row| row.integer(0)).await?;
    Ok(counted.first().copied().unwrap_or(0))
}

/// How many rows have no number, so that no page has them.
///
/// # Errors
/// The database's.
pub async fn count_without_number(conn: &mut Conn, table: &LegacyTable) -> Result<i64> {
    let counted = conn.all(table.statements.without_number, &[], |row| row.integer(0)).await?;
    Ok(counted.first().copied().unwrap_or(0))
}

/// The highest number that is in use, up to and with `upto`. Beside it there may be some that are not whole.
///
/// # Errors
/// The database's.
pub async fn highest(conn: &mut Conn, table: &LegacyTable, upto: LegacyId) -> Result<Option<LegacyId>> {
    let highest = conn.all(table.statements.highest, &[upto.0.into()], |row| Ok(row.integer(0).ok())).await?;
    Ok(highest.into_iter().flatten().next().map(LegacyId))
}

/// Performs statements that would write if there were anything to write, to see whether the database lets them.
///
/// # Errors
/// The database's.
pub async fn try_to_write(tx: &mut Tx, table: &LegacyTable) -> Result<()> {
    for sql in table.statements.writes_nothing {
        tx.execute(sql, &[]).await?;
    }
    Ok(())
}

/// What an insert into the old table came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insert {
    Done(LegacyId),
    NameTaken,
    /// The name is too long for the old table, or has a character that its character set lacks.
    Unfit,
}

/// Adds a user of this name, password and role to the old table, under the number that the database gives out or under
/// `number`.
///
/// # Errors
/// The database's.
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

/// Replaces what the password column holds; false unless it still holds `seen`.
///
/// # Errors
/// The database's.
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

/// Takes back a row that [`insert`] added for a sign-up that then came to nothing.
///
/// # Errors
/// The database's.
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
