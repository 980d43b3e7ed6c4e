//! What a connection is doing and since when: written as bytes come and go, read now and then by whoever closes slow
//! connections.
//!
//! One task reads and writes it, so the atomics are for the compiler's sake, and nothing is locked. Invariant: no timer is
//! set on a request's way; a request costs two readings of the clock.

use std::{
    sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use tokio::time::Instant;

use super::{Crowd, Limits};

const IN_HEAD: u8 = 0;
const IDLE: u8 = 1;
const SERVING: u8 = 2;
/// What stands for "not": no instant, no head.
const NONE: u64 = u64::MAX;

/// The state of one connection.
#[derive(Debug)]
pub struct Pulse {
    accepted: Instant,
    phase: AtomicU8,
    /// Since when, in milliseconds from the start.
    since: AtomicU64,
    /// Since when the client does not take what is written.
    stalled: AtomicU64,
    /// The bytes that it took since then.
    taken: AtomicU64,
    /// How many requests were handed on.
    requests: AtomicU64,
    /// Number of the first request that is malformed.
    malformed_from: AtomicU64,
}

/// What is to become of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is to be looked at again then.
    Keep(Instant),
    /// It has been idle for long enough.
    LetGo,
    /// Its client is too slow.
    Close,
}

impl Pulse {
    /// Of a connection that came at this moment.
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

    /// Bytes have arrived.
    pub fn arrived(&self, is_in_head: bool, malformed_from: Option<u64>) {
        if let Some(request) = malformed_from {
            self.malformed_from.store(request, Relaxed);
        }
        if is_in_head && self.phase.load(Relaxed) == IDLE {
            self.since.store(self.now(), Relaxed);
            self.phase.store(IN_HEAD, Relaxed);
        }
    }

    /// Records that hyper has read a head whole. Returns whether the request is malformed.
    pub fn begun(&self) -> bool {
        self.phase.store(SERVING, Relaxed);
        self.requests.fetch_add(1, Relaxed) >= self.malformed_from.load(Relaxed)
    }

    /// The answer to a request is known. `is_in_head` when a part of the next one is there already.
    pub fn answered(&self, is_in_head: bool) {
        self.since.store(self.now(), Relaxed);
        self.phase.store(if is_in_head { IN_HEAD } else { IDLE }, Relaxed);
    }

    /// The client did not take what there is to write.
    pub fn stalled(&self) {
        if self.stalled.load(Relaxed) == NONE {
            self.taken.store(0, Relaxed);
            self.stalled.store(self.now(), Relaxed);
        }
    }

    /// The client took so many bytes.
    pub fn took(&self, bytes: usize) {
        if self.stalled.load(Relaxed) != NONE {
            self.taken.fetch_add(u64::try_from(bytes).unwrap_or(0), Relaxed);
        }
    }

    /// The client took everything.
    pub fn flushed(&self) {
        if self.stalled.load(Relaxed) != NONE {
            self.stalled.store(NONE, Relaxed);
            // Nothing was read meanwhile, which is not to be laid to the next head.
            self.since.store(self.now(), Relaxed);
        }
    }

    /// What is to become of the connection. When there is room for no other one, less patience is had.
    pub fn verdict(&self, limits: &Limits, crowd: Crowd) -> Verdict {
        let (idle, head) = match crowd {
            Crowd::Full => (limits.idle_when_full, limits.head_when_full),
            Crowd::Room | Crowd::Leaving => (limits.idle, limits.head),
        };
        // Nothing brings the look forward when a head begins or a client idles, so none is further away than their limits.
        let keep = |left: Duration| Verdict::Keep(Instant::now() + left.min(head).min(idle));
        let now = self.now();
        let since = |instant: u64| Duration::from_millis(now.saturating_sub(instant));
        let stalled = self.stalled.load(Relaxed);
        if stalled != NONE {
            // A client that takes a few bytes now and then is as slow as one that takes none.
            let earned = self.taken.load(Relaxed).saturating_mul(1000) / limits.slowest_reader.max(1);
            let left = (limits.write + Duration::from_millis(earned)).saturating_sub(since(stalled));
            return if left.is_zero() { Verdict::Close } else { keep(left) };
        }
        let waited = since(self.since.load(Relaxed));
        match self.phase.load(Relaxed) {
            // What is not asked yet is no request in flight, and is not waited for.
            IN_HEAD if waited >= head || crowd == Crowd::Leaving => Verdict::Close,
            IN_HEAD => keep(head - waited),
            IDLE if waited >= idle => Verdict::LetGo,
            IDLE => keep(idle - waited),
            // Whoever is being served waits for us. What may come of it is looked at in time.
            _ => keep(idle),
        }
    }
}
