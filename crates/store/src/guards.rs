//! Guards: rows that serialise the transactions that may break a rule that spans several rows.
//!
//! Each such transaction writes the guard's row first. On SQLite and on a single MySQL server, the row's lock makes the
//! second transaction wait. On Galera, its commit fails, and it runs again. Invariant: a value that was read after the
//! guard is still current at the commit.

use super::db::Tx;
use crate::{Error, Result};

/// A rule that needs a guard.
#[derive(Debug, Clone, Copy)]
pub enum Guard {
    /// The last administrator cannot be removed.
    Administrators,
}

/// Passes the guard. It must be the first statement of the transaction.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn pass(tx: &mut Tx, guard: Guard) -> Result<()> {
    let name: &[u8] = match guard {
        Guard::Administrators => b"administrators",
    };
    match tx.execute("UPDATE dw_guards SET passed = passed + 1 WHERE name = ?", &[name.into()]).await? {
        1 => Ok(()),
        _ => Err(Error::Corrupt("a guard is missing from dw_guards")),
    }
}
