//! How many readers are in use, for metrics.

use super::Pool;

impl Pool {
    /// Returns the number of readers, and of those in use.
    pub(in crate::db) fn load(&self) -> (usize, usize) {
        let in_use = self.readers.iter().filter(|reader| reader.try_lock().is_err()).count();
        (self.readers.len(), in_use)
    }
}
