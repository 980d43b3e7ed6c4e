//! Connection activity: the phase of a connection, and its start. The stream writes it. The connection's monitor reads
//! it to close slow clients.
//!
//! One task reads and writes it, so nothing is locked. The compiler requires the atomics. Invariant: a request sets no
//! timer and reads the clock twice.

use std::{
    sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use tokio::time::Instant;

use super::{load_state::LoadState, settings::Limits};

const IN_HEAD: u8 = 0;
const IDLE: u8 = 1;
const SERVING: u8 = 2;
/// The value for "none": no instant, no request.
const NONE: u64 = u64::MAX;

/// The activity of one connection.
#[derive(Debug)]
pub struct ConnectionActivity {
    accepted: Instant,
    phase: AtomicU8,
    /// The start of the phase, in milliseconds from `accepted`.
    since: AtomicU64,
    /// The instant since which the client has not read the response.
    stalled: AtomicU64,
    /// The bytes that the client has read since then.
    taken: AtomicU64,
    /// The number of requests that were passed to the handler.
    requests: AtomicU64,
    /// The number of the first malformed request.
    malformed_from: AtomicU64,
}

/// The decision on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The connection stays, and is checked again at this instant.
    Keep(Instant),
    /// The connection reached the idle limit.
    LetGo,
    /// The client is too slow.
    Close,
}

impl ConnectionActivity {
    /// Starts the activity of a connection that was accepted at this instant.
    pub fn new(accepted: Instant) -> Self {
        Self {
            accepted,
            phase: AtomicU8::new(IN_HEAD),
            since: AtomicU64::new(0),
            stalled: AtomicU64::new(NONE),
            taken: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            malformed_from: AtomicU64::new(NONE),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.accepted.elapsed().as_millis()).unwrap_or(NONE - 1)
    }

    /// Records that bytes have arrived.
    pub fn arrived(&self, is_in_head: bool, malformed_from: Option<u64>) {
        if let Some(request) = malformed_from {
            self.malformed_from.store(request, Relaxed);
        }
        if is_in_head && self.phase.load(Relaxed) == IDLE {
            self.since.store(self.now(), Relaxed);
            self.phase.store(IN_HEAD, Relaxed);
        }
    }

    /// Records that hyper has read a complete head. Returns whether the request is malformed.
    pub fn begun(&self) -> bool {
        self.phase.store(SERVING, Relaxed);
        self.requests.fetch_add(1, Relaxed) >= self.malformed_from.load(Relaxed)
    }

    /// Records that the response is known. `is_in_head` states whether a part of the next request has already arrived.
    pub fn answered(&self, is_in_head: bool) {
        self.since.store(self.now(), Relaxed);
        self.phase.store(if is_in_head { IN_HEAD } else { IDLE }, Relaxed);
    }

    /// Records that the client does not read.
    pub fn stalled(&self) {
        if self.stalled.load(Relaxed) == NONE {
            self.taken.store(0, Relaxed);
            self.stalled.store(self.now(), Relaxed);
        }
    }

    /// Records that the client has read `bytes`.
    pub fn took(&self, bytes: usize) {
        if self.stalled.load(Relaxed) != NONE {
            self.taken.fetch_add(u64::try_from(bytes).unwrap_or(0), Relaxed);
        }
    }

    /// Records that the client has read everything.
    pub fn flushed(&self) {
        if self.stalled.load(Relaxed) != NONE {
            self.stalled.store(NONE, Relaxed);
            // The server read nothing meanwhile, so that time must not count for the next head.
            self.since.store(self.now(), Relaxed);
        }
    }

    /// Decides on the connection. The limits are shorter while the connection limit is reached.
    pub fn verdict(&self, limits: &Limits, load: LoadState) -> Verdict {
        let (idle, head) = match load {
            LoadState::Full => (limits.idle_when_full, limits.head_when_full),
            LoadState::Available | LoadState::Stopping => (limits.idle, limits.head),
        };
        // The check must not be later than the limits for heads and idle clients, because their starts do not move it.
        let keep = |left: Duration| Verdict::Keep(Instant::now() + left.min(head).min(idle));
        let now = self.now();
        let since = |instant: u64| Duration::from_millis(now.saturating_sub(instant));
        let stalled = self.stalled.load(Relaxed);
        if stalled != NONE {
            // A client that reads a few bytes at a time is as slow as one that reads none.
            let earned = self.taken.load(Relaxed).saturating_mul(1000) / limits.slowest_reader.max(1);
            let left = (limits.write + Duration::from_millis(earned)).saturating_sub(since(stalled));
            return if left.is_zero() { Verdict::Close } else { keep(left) };
        }
        let waited = since(self.since.load(Relaxed));
        match self.phase.load(Relaxed) {
            // An incomplete head is not a request in flight, so a stop does not wait for it.
            IN_HEAD if waited >= head || load == LoadState::Stopping => Verdict::Close,
            IN_HEAD => keep(head - waited),
            IDLE if waited >= idle => Verdict::LetGo,
            IDLE => keep(idle - waited),
            // The client waits for the server, which has no limit.
            _ => keep(idle),
        }
    }
}
