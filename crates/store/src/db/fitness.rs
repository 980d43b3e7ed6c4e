//! Whether the server of the database can be written to now.

use std::time::Duration;

use tokio::time::Instant;

use super::{Db, Engine, mysql};
use crate::Result;

impl Db {
    /// Judges on MySQL whether the server can be written to, by its state. Returns whether a write must prove it.
    pub(crate) async fn judge_server(&self, limit: Duration) -> Result<bool> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(false),
            Engine::MySql(pool) => {
                mysql::MySqlLink::judge(pool, Some(Instant::now() + limit)).await?;
                Ok(!pool.is_proven())
            }
        }
    }

    /// Records whether a write lasted just now.
    pub(crate) fn declare_proven(&self, lasted: bool) {
        if let Engine::MySql(pool) = &self.engine {
            pool.declare_proven(lasted);
        }
    }

    /// Returns whether the URL names several servers.
    pub(super) fn has_choice(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            Engine::MySql(pool) => pool.has_choice(),
        }
    }
}
