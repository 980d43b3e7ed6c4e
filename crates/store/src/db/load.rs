//! How many connections the database has, for metrics.

use super::{Db, Engine};

impl Db {
    /// Returns the number of connections (on SQLite, readers), and of those in use. No decision depends on them.
    #[must_use]
    pub fn load(&self) -> (usize, usize) {
        match &self.engine {
            Engine::Sqlite(pool) => pool.load(),
            Engine::MySql(pool) => pool.load(),
        }
    }
}
