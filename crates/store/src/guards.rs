//! Guards: rows that exist to be written by whoever might break a rule that spans several rows.
//!
//! Writers of one guard take turns: on SQLite and on one MySQL server by the row's lock, on Galera because the second
//! commit fails and its transaction is run again. What is read after passing a guard is therefore still so at commit.

use super::db::Tx;
use crate::{Error, Result};

/// Rules that need a guard.
#[derive(Debug, Clone, Copy)]
pub enum Guard {
    /// Once there is an administrator, there always is one.
    Administrators,
}

/// Passes the guard. The first statement of a transaction that needs it.
///
/// # Errors
/// The database's.
pub async fn pass(tx: &mut Tx, guard: Guard) -> Result<()> {
    let name: &[u8] = match guard {
        Guard::Administrators => b"administrators",
    };
    match tx.execute("UPDATE dw_guards SET passed = passed + 1 WHERE name = ?", &[name.into()]).await? {
        1 => Ok(()),
        _ => Err(Error::Corrupt("a guard is missing from dw_guards")),
    }
}
