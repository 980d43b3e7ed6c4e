//! The number of lines that were not written, because a reader was too slow or a stream failed.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// A counter of lines since the start of the process. Its clones are one counter.
#[derive(Debug, Clone, Default)]
pub struct DroppedLines(Arc<AtomicU64>);

impl DroppedLines {
    /// Returns the count.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, lines: u64) {
        self.0.fetch_add(lines, Ordering::Relaxed);
    }
}
