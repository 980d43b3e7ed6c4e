//! How many connections exist and are in use, for metrics.

use std::sync::atomic::Ordering;

use super::HostPool;

impl HostPool {
    /// Returns the number of connections, and of those in use.
    pub(in crate::db) fn load(&self) -> (usize, usize) {
        let idle = self.state().idle.len();
        let open = self.open.load(Ordering::Relaxed);
        (open, open.saturating_sub(idle))
    }
}
