//! A pool of connections to the first server of a list that is fit.
//!
//! The driver's own pool knows one host, and cannot tell the connections to one server from those to another.
//! Invariants: at most `limit` connections exist. All lent connections are to one server, unless the reads of its
//! cluster are causal. A broken connection, or one to a server that is not fit, is never lent again.

mod load;

use std::{
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use mysql_async::Conn;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use super::{
    super::failure::Failure,
    connect::{by, by_failure, establish, more_telling, name_host},
    host_records::HostRecords,
    session::{ServerIdentity, Usage},
    url::HostOptions,
};
use crate::{Error, Remedy};

/// The time for which no further connection is tried, once a server accepted no more.
const LIMITED: Duration = Duration::from_secs(1);

/// The time for which a full disk or a lost right ends readiness.
const TROUBLE: Duration = Duration::from_secs(10);
/// The time for which one proof of a write counts.
const PROVEN: Duration = Duration::from_secs(1);

/// The pool.
pub(in crate::db) struct HostPool {
    hosts: Vec<HostOptions>,
    usage: Usage,
    slots: Arc<Semaphore>,
    state: Mutex<State>,
    open: Arc<AtomicUsize>,
    /// A connection was returned or closed.
    changed: Arc<Notify>,
}

#[derive(Default)]
struct State {
    idle: Vec<Idle>,
    /// The host of the newest connection.
    current: usize,
    server: Option<ServerIdentity>,
    /// Raised when the pool moves to another server. Older connections are discarded.
    generation: u64,
    records: HostRecords,
    limited_until: Option<Instant>,
    /// The reason of a failure that will last, and when it happened.
    trouble: Option<(Instant, String)>,
    /// When a write was last proven to last.
    proven_at: Option<Instant>,
}

struct Idle {
    conn: Conn,
    origin: ServerOrigin,
    open: Open,
}

/// The server of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerOrigin {
    host: usize,
    generation: u64,
    pub server: ServerIdentity,
}

/// The count of an existing connection.
struct Open(Arc<AtomicUsize>, Arc<Notify>);

/// A lent connection.
pub(super) struct Lent {
    pub conn: Conn,
    pub origin: ServerOrigin,
    /// Whether it was used before, so the server may have closed it meanwhile.
    pub is_reused: bool,
    open: Open,
    _slot: Option<OwnedSemaphorePermit>,
}

impl Idle {
    fn lend(self, slot: Option<OwnedSemaphorePermit>) -> Lent {
        let Self { conn, origin, open } = self;
        Lent { conn, origin, is_reused: true, open, _slot: slot }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
        self.1.notify_waiters();
    }
}

impl HostPool {
    /// Creates a pool. It connects at its first use.
    pub(in crate::db) fn new(hosts: Vec<HostOptions>, usage: Usage, limit: usize) -> Self {
        let state = State { records: HostRecords::new(hosts.len()), ..State::default() };
        Self {
            hosts,
            usage,
            slots: Arc::new(Semaphore::new(limit.max(1))),
            state: Mutex::new(state),
            open: Arc::default(),
            changed: Arc::default(),
        }
    }

    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// Returns how often a statement may be tried on another connection.
    pub(super) fn attempts(&self) -> usize {
        self.hosts.len() + 1
    }

    /// Borrows a connection before `deadline`.
    pub(super) async fn borrow(&self, deadline: Option<Instant>) -> Result<Lent, Failure> {
        let acquired = by(deadline, async { Ok(Arc::clone(&self.slots).acquire_owned().await.ok()) }).await;
        let busy = "no connection became free in time; `database.connections` limits their number";
        let slot = acquired.map_err(|_| Failure::Gone(Error::Unavailable(busy.to_owned())))?;
        if let Some(idle) = self.pop() {
            return Ok(idle.lend(slot));
        }
        loop {
            // Registered first, so that a connection which is returned meanwhile is not missed.
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if let Some(idle) = self.pop() {
                return Ok(idle.lend(slot));
            }
            let has_others = || self.open.load(Ordering::Relaxed) > 0;
            let is_limited = self.state().limited_until.is_some_and(|until| Instant::now() < until);
            if !(has_others() && is_limited) {
                match self.connect(deadline).await {
                    Ok((conn, origin, open)) => return Ok(Lent { conn, origin, is_reused: false, open, _slot: slot }),
                    Err(Failure::Limit(_)) if has_others() => {
                        self.state().limited_until = Some(Instant::now() + LIMITED);
                    }
                    Err(failure) => return Err(failure),
                }
            }
            // The server accepts no more connections, so one of the existing ones must become free.
            let freed = async {
                changed.await;
                Ok(())
            };
            by(deadline, freed).await.map_err(|_| Failure::Limit(all_in_use()))?;
        }
    }

    /// Takes back a connection that works and has no open transaction.
    pub(super) fn take_back(&self, lent: Lent) {
        let Lent { conn, origin, open, .. } = lent;
        let mut state = self.state();
        if origin.generation == state.generation && !conn.is_disconnected() {
            state.idle.push(Idle { conn, origin, open });
            drop(state);
            self.changed.notify_waiters();
        }
    }

    /// Discards the other connections to the server of `origin`, and tries its host last for some time.
    pub(super) fn leave(&self, origin: &ServerOrigin) {
        let mut state = self.state();
        state.records.avoid(origin.host);
        let gone: Vec<_> = state.idle.extract_if(.., |idle| idle.origin == *origin).collect();
        drop(state);
        drop(gone);
    }

    /// Returns whether the server of `origin` must be judged again, which the caller then does.
    pub(super) fn claim_judgment(&self, origin: &ServerOrigin) -> bool {
        self.state().records.claim_judgment(origin.host)
    }

    /// Records that a statement failed for a reason that will last.
    pub(super) fn note_trouble(&self, reason: &str) {
        self.state().trouble = Some((Instant::now(), reason.to_owned()));
    }

    /// Returns the reason of such a failure for some seconds.
    pub(super) fn trouble(&self) -> Option<String> {
        let state = self.state();
        let (at, reason) = state.trouble.as_ref()?;
        (at.elapsed() < TROUBLE).then(|| reason.clone())
    }

    /// Returns whether a write was proven to last within the last second.
    pub(in crate::db) fn is_proven(&self) -> bool {
        self.state().proven_at.is_some_and(|at| at.elapsed() < PROVEN)
    }

    /// Records whether a write lasted just now.
    pub(in crate::db) fn declare_proven(&self, lasted: bool) {
        self.state().proven_at = lasted.then(Instant::now);
    }

    /// Returns whether the pool has several hosts.
    pub(in crate::db) fn has_choice(&self) -> bool {
        self.hosts.len() > 1
    }

    fn pop(&self) -> Option<Idle> {
        let mut state = self.state();
        let generation = state.generation;
        let outdated: Vec<_> = state.idle.extract_if(.., |idle| idle.origin.generation != generation).collect();
        let idle = state.idle.pop();
        drop(state);
        drop(outdated);
        idle
    }

    /// Connects to the first host that is fit: the current one, the others in their order, and then those that failed
    /// shortly before.
    async fn connect(&self, deadline: Option<Instant>) -> Result<(Conn, ServerOrigin, Open), Failure> {
        let order = self.order();
        let mut first = None;
        for (at, host) in order.iter().enumerate() {
            let Some(options) = self.hosts.get(*host) else { continue };
            let left = order.len() - at;
            // A host that does not answer must leave time for the next one.
            let share = deadline.map(|end| {
                let rest = end.saturating_duration_since(Instant::now());
                Instant::now() + rest / u32::try_from(left).unwrap_or(1)
            });
            self.open.fetch_add(1, Ordering::Relaxed);
            let open = Open(Arc::clone(&self.open), Arc::clone(&self.changed));
            match by_failure(share, establish(options, self.usage)).await {
                Ok((conn, server)) => return Ok((conn, self.arrive(*host, server), open)),
                Err(failure) => {
                    drop(open);
                    let is_limit = matches!(failure, Failure::Limit(_));
                    if !is_limit {
                        self.state().records.avoid(*host);
                    }
                    let failure = if self.has_choice() { name_host(&options.name, failure) } else { failure };
                    first = Some(more_telling(first, failure));
                }
            }
        }
        Err(first.unwrap_or_else(|| Failure::Gone(Error::Unavailable("the URL names no host".to_owned()))))
    }

    fn order(&self) -> Vec<usize> {
        let state = self.state();
        let mut order: Vec<_> = (0..self.hosts.len()).collect();
        order.sort_by_key(|&host| (state.records.is_avoided(host), host != state.current, host));
        order
    }

    /// Records the server of a new connection. If it is another one than before, the older connections are outdated.
    fn arrive(&self, host: usize, server: ServerIdentity) -> ServerOrigin {
        let mut state = self.state();
        state.records.approve(host);
        let is_other = state.server.as_ref().is_some_and(|before| *before != server);
        if is_other && !(server.is_causal && state.server.as_ref().is_some_and(|before| before.is_causal)) {
            state.generation += 1;
        }
        state.current = host;
        state.server = Some(server.clone());
        ServerOrigin { host, generation: state.generation, server }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lent {
    /// Returns the rest of a connection that must not be lent again: it is closed, and its slot is free afterwards.
    pub(super) async fn close(self) {
        let Self { conn, open, _slot, .. } = self;
        drop(conn.disconnect().await);
        drop(open);
    }
}

fn all_in_use() -> Error {
    let reason = "it accepts no more connections, and the existing ones are in use; raise max_connections or \
                  max_user_connections of the server";
    Error::unusable(Remedy::Wait, reason)
}
