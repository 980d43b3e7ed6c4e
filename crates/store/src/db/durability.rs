//! Whether the database may begin with no tables, and whether a write to it lasts.

use std::time::Duration;

use tokio::time::Instant;

use super::{Db, Engine};
use crate::{Error, Result};

impl Db {
    /// Requires that the tables may be created.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the database was in use before.
    pub(crate) fn require_new(&self) -> Result<()> {
        match &self.used_with {
            Some(secrets) => Err(Error::Config(format!(
                "`database.url`: the file has no tables of Doorward, and {0} shows that the database was in use: restore \
                 the file from a backup, or remove {0} to start with an empty database",
                secrets.display()
            ))),
            None => Ok(()),
        }
    }

    /// Returns the number of pages that a killed process left in the log of an SQLite file.
    #[must_use]
    pub fn recovered_pages(&self) -> usize {
        match &self.engine {
            Engine::Sqlite(pool) => pool.recovered(),
            Engine::MySql(_) => 0,
        }
    }

    /// Proves on SQLite that a commit reaches the disk. [`Db::judge_server`] judges a MySQL server.
    pub(crate) async fn prove_writable(&self, limit: Duration) -> Result<()> {
        match &self.engine {
            Engine::Sqlite(pool) => pool.prove_writable(Some(Instant::now() + limit)).await,
            Engine::MySql(_) => Ok(()),
        }
    }
}
