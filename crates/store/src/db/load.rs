//! How many connections the database has, for metrics.

use super::{Db, Engine};

/// The connections to the database; on SQLite, its readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseLoad {
    pub open: usize,
    pub in_use: usize,
}

impl Db {
    /// Returns the current connections. No decision depends on them.
    #[must_use]
    pub fn load(&self) -> DatabaseLoad {
        let (open, in_use) = match &self.engine {
            Engine::Sqlite(pool) => pool.load(),
            Engine::MySql(pool) => pool.load(),
        };
        DatabaseLoad { open, in_use }
    }
}
