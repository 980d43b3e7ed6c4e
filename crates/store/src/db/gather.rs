//! Look-ups on a server that are gathered: those that arrive while others are in progress become one statement.
//!
//! A server plans each statement at each execution, which costs several times the work of finding one row. Nothing is
//! kept between two look-ups. Invariant: a look-up is answered by a statement that begins after the look-up arrived.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use super::{
    link::{self, Conn, Link},
    mysql::{HostPool, MySqlLink},
};
use crate::{Error, Result};

/// The maximum number of look-ups in one statement.
const MOST_KEYS: usize = 32;
/// The number of statements that run at the same time. With more of them, each would answer fewer look-ups.
const MOST_STATEMENTS: usize = 2;

/// The look-up of several keys.
pub(crate) type Ask<K, V> = for<'a> fn(&'a mut Conn, &'a [K]) -> Answers<'a, V>;

/// One answer for each key of a look-up, in their order.
pub(crate) type Answers<'a, V> = Pin<Box<dyn Future<Output = Result<Vec<Result<V>>>> + Send + 'a>>;

/// The gathered look-ups of one kind.
pub(crate) struct Gather<K, V>(Arc<Queue<K, V>>);

struct Queue<K, V> {
    pool: Arc<HostPool>,
    timeout: Duration,
    ask: Ask<K, V>,
    waiting: Mutex<Waiting<K, V>>,
}

struct Waiting<K, V> {
    keys: VecDeque<(K, Answer<V>)>,
    /// The number of running workers.
    workers: usize,
}

type Answer<V> = oneshot::Sender<Result<V>>;

/// A task that answers look-ups until none waits.
struct Worker<K, V> {
    queue: Arc<Queue<K, V>>,
    is_counted: bool,
}

impl<K, V> Gather<K, V> {
    /// Creates a place where look-ups are gathered. Each takes at most `timeout`.
    pub(super) fn new(pool: Arc<HostPool>, timeout: Duration, ask: Ask<K, V>) -> Self {
        let waiting = Mutex::new(Waiting { keys: VecDeque::new(), workers: 0 });
        Self(Arc::new(Queue { pool, timeout, ask, waiting }))
    }
}

impl<K: Send + Sync + 'static, V: Send + 'static> Gather<K, V> {
    /// Looks up `key`.
    ///
    /// # Errors
    /// Returns [`Error::Unavailable`] if the database does not answer in time. Returns another error if it fails.
    pub(super) async fn find(&self, key: K) -> Result<V> {
        // The statement itself runs in another task, for several requests.
        link::trace("a gathered look-up");
        let deadline = Instant::now() + self.0.timeout;
        let (answer, answered) = oneshot::channel();
        if let Some(worker) = self.0.add(key, answer) {
            // A task of its own, because the client of this request may disconnect while others wait for the answer.
            tokio::spawn(worker.run());
        }
        match timeout_at(deadline, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Error::Unavailable("the look-up was interrupted".to_owned())),
            Err(_) => Err(Error::Unavailable("no answer before the deadline".to_owned())),
        }
    }
}

impl<K, V> Queue<K, V> {
    /// Adds a look-up. Returns a worker if one more may run.
    fn add(self: &Arc<Self>, key: K, answer: Answer<V>) -> Option<Worker<K, V>> {
        let mut waiting = self.waiting();
        waiting.keys.push_back((key, answer));
        if waiting.workers >= MOST_STATEMENTS {
            return None;
        }
        waiting.workers += 1;
        Some(Worker { queue: Arc::clone(self), is_counted: true })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<K, V>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Send + Sync, V: Send> Worker<K, V> {
    async fn run(mut self) {
        while let Some((keys, answers)) = self.next() {
            match self.queue.ask(&keys).await {
                Ok(found) => {
                    for (answer, found) in answers.into_iter().zip(found) {
                        // Nobody waits any more if this fails.
                        drop(answer.send(found));
                    }
                }
                Err(error) => {
                    for answer in answers {
                        drop(answer.send(Err(error.clone())));
                    }
                }
            }
        }
    }

    /// Returns the look-ups that wait, without those whose callers have gone. The worker ends if none waits.
    fn next(&mut self) -> Option<(Vec<K>, Vec<Answer<V>>)> {
        let mut waiting = self.queue.waiting();
        let mut batch = (Vec::new(), Vec::new());
        while batch.0.len() < MOST_KEYS
            && let Some((key, answer)) = waiting.keys.pop_front()
        {
            if !answer.is_closed() {
                batch.0.push(key);
                batch.1.push(answer);
            }
        }
        if batch.0.is_empty() {
            waiting.workers -= 1;
            self.is_counted = false;
            return None;
        }
        Some(batch)
    }
}

impl<K: Sync, V> Queue<K, V> {
    async fn ask(&self, keys: &[K]) -> Result<Vec<Result<V>>> {
        let deadline = Some(Instant::now() + self.timeout);
        let mut conn = Conn(Link::MySql(MySqlLink::from_pool(&self.pool, deadline).await?));
        (self.ask)(&mut conn, keys).await
    }
}

impl<K, V> Drop for Worker<K, V> {
    fn drop(&mut self) {
        // A worker that panicked, or whose runtime ends. The next look-up starts another one.
        if self.is_counted {
            self.queue.waiting().workers -= 1;
        }
    }
}
