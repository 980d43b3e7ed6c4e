//! The gathered look-ups of a database.

use std::sync::Arc;

use super::{
    Db, Engine,
    gather::{Ask, Gather},
};
use crate::Result;

impl Db {
    /// Returns a place where look-ups are gathered; `None` on SQLite, where a single look-up costs less.
    pub(crate) fn gather<K, V>(&self, ask: Ask<K, V>) -> Option<Gather<K, V>> {
        match &self.engine {
            Engine::Sqlite(_) => None,
            Engine::MySql(pool) => Some(Gather::new(Arc::clone(pool), self.timeout, ask)),
        }
    }

    /// Looks up `key` at the place that [`Db::gather`] returned.
    ///
    /// # Errors
    /// Returns [`crate::Error::Unavailable`] if the database is closed or does not answer in time. Returns another error
    /// if it fails.
    pub(crate) async fn find_gathered<K, V>(&self, place: &Gather<K, V>, key: K) -> Result<V>
    where
        K: Send + Sync + 'static,
        V: Send + 'static,
    {
        self.require_schema()?;
        place.find(key).await
    }
}
