//! A bounded queue of lines, and the thread that writes them to a stream.
//!
//! Invariants: [`LineQueue::push`] never waits for the stream. A line is written whole or not at all, in order. Each dropped
//! line is counted, and the count is written as soon as the stream takes lines again.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use super::dropped_lines::DroppedLines;

/// The limit of lines that wait, in bytes. As many again may be with the writer.
pub(super) const CAPACITY: usize = 1 << 20;

/// The queue of one stream. Its clones are one queue.
#[derive(Clone)]
pub(super) struct LineQueue(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Signals that lines wait.
    filled: Condvar,
    /// Signals that the writer has written all it took.
    written: Condvar,
    capacity: usize,
    dropped: DroppedLines,
}

#[derive(Default)]
struct State {
    /// Whole lines.
    pending: Vec<u8>,
    /// Dropped lines that no written line has counted yet.
    uncounted: u64,
    is_writing: bool,
}

impl LineQueue {
    /// Starts the writer of a stream. `notice` makes the line that counts dropped lines.
    ///
    /// # Errors
    /// Returns an error if the system cannot start a thread.
    pub fn start(
        stream: impl Write + Send + 'static,
        capacity: usize,
        dropped: DroppedLines,
        notice: impl Fn(u64) -> String + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            filled: Condvar::new(),
            written: Condvar::new(),
            capacity,
            dropped,
        });
        let queue = Self(Arc::clone(&shared));
        thread::Builder::new().name("log".to_owned()).spawn(move || write_lines(&shared, stream, &notice))?;
        Ok(queue)
    }

    /// Queues a line with its line feed, or drops it if the queue is full.
    pub fn push(&self, line: &[u8]) {
        let mut state = self.0.lock();
        if state.pending.len() + line.len() > self.0.capacity {
            state.uncounted += 1;
            self.0.dropped.add(1);
        } else {
            state.pending.extend_from_slice(line);
            self.0.filled.notify_one();
        }
    }

    /// Waits until all queued lines are written, at most until `deadline`. Returns whether they are.
    pub fn flush(&self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let is_open = |state: &mut State| state.is_writing || !state.pending.is_empty();
        let waited = self.0.written.wait_timeout_while(self.0.lock(), left, is_open);
        !is_open(&mut waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}

/// Writes a line. Implements the writer of `tracing`, which writes each event at once.
impl Write for LineQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for lines. Returns all of them, with the number of lines that were dropped after them.
    fn take(&self) -> (Vec<u8>, u64) {
        let state = self.filled.wait_while(self.lock(), |state| state.pending.is_empty());
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.is_writing = true;
        (std::mem::take(&mut state.pending), std::mem::take(&mut state.uncounted))
    }

    /// Records that the lines were written, except for those that failed or were not counted.
    fn finish(&self, failed: u64, uncounted: u64) {
        self.dropped.add(failed);
        let mut state = self.lock();
        state.uncounted += failed + uncounted;
        state.is_writing = false;
        self.written.notify_all();
    }
}

fn write_lines(shared: &Shared, mut stream: impl Write, notice: &dyn Fn(u64) -> String) {
    loop {
        let (lines, dropped) = shared.take();
        let mut failed = 0;
        // Line by line, so that a line of another process on the same stream does not split one.
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            failed += u64::from(stream.write_all(line).is_err());
        }
        let counted = dropped == 0 || stream.write_all(notice(dropped).as_bytes()).is_ok();
        // A failure to flush concerns lines that the stream has taken; nothing can be done about them.
        drop(stream.flush());
        shared.finish(failed, if counted { 0 } else { dropped });
    }
}

#[cfg(test)]
mod tests;
