//! The hashing lane: a fixed set of threads, each with its own reused memory, fed by one bounded queue.
//!
//! Invariants. Async threads never hash. What runs takes at most threads × the memory of one of today's hashes, or what
//! one stored hash may ask for where that is more. A job that could not be done by its deadline is refused when it comes,
//! unless a thread is free; one whose caller has gone gives up its place, and one that is late is never started.

mod line;
mod queue;
mod speed;
mod state;
#[cfg(test)]
mod tests;
mod worker;

use std::{
    num::NonZeroUsize,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

pub use self::state::{HashPoolState, JobCounts, SchemeTime, Waiting};
use self::{
    line::{Demand, Job},
    queue::{Class, Queue},
};
use crate::{Password, Salt, Settings, StoredHash, check::Check, scheme::Tried};

/// How wide the lane is.
#[derive(Debug, Clone, Copy)]
pub struct HashPoolSize {
    /// Threads that hash; as many as there are cores is right, since more evict each other's memory from the cache.
    pub threads: NonZeroUsize,
    /// Memory in KiB that each thread keeps between hashes.
    pub keep_kib: u32,
}

/// The queue is too long for a job to be done in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overloaded {
    /// When it is worth trying again.
    pub retry_after: Duration,
}

/// Why the lane gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashPoolError {
    /// Refused, see [`Overloaded`].
    #[error("the hashing lane is full")]
    Overloaded(Overloaded),
    /// The hash could not be computed: no memory, or the lane is closing.
    #[error("the hash could not be computed")]
    Failed,
}

/// The hashing lane. Dropping it lets its threads end after the job at hand.
pub struct HashPool {
    shared: Arc<Shared>,
}

struct Shared {
    size: HashPoolSize,
    /// `None` once the lane is closed. Held for some instructions only, and never while anybody is woken: a thread of low
    /// priority that is preempted with the lock in hand would hold up those of high priority.
    queue: Mutex<Option<Queue<Load>>>,
    work: Condvar,
}

/// What a job carries through the queue.
struct Load {
    task: Task,
    answer: oneshot::Sender<Answer>,
}

enum Task {
    Hash { settings: Settings, password: Password, salt: Salt },
    HashAsReceived { settings: Settings, password: Password, salt: Salt },
    Verify { check: Box<Check>, password: Password },
}

enum Answer {
    Hashed(Option<String>),
    /// `None` when it could not be computed.
    Verified(Option<Tried>),
    TooLate(Overloaded),
}

/// A place in the queue, given up when it is dropped before the job has begun.
struct Place<'a> {
    shared: &'a Shared,
    class: Class,
    number: u64,
}

impl HashPool {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system grants no thread.
    pub fn start(size: HashPoolSize) -> std::io::Result<Self> {
        let queue = Queue::new(size.threads.get(), size.keep_kib);
        let shared = Arc::new(Shared { size, queue: Mutex::new(Some(queue)), work: Condvar::new() });
        let pool = Self { shared };
        for number in 0..size.threads.get() {
            let shared = Arc::clone(&pool.shared);
            thread::Builder::new().name(format!("hash-{number}")).spawn(move || worker::run(&shared))?;
        }
        Ok(pool)
    }

    /// Hashes the NFC form of a new password.
    ///
    /// # Errors
    /// [`HashPoolError`]; nothing has been computed when it says that the lane is full.
    pub async fn hash(
        &self,
        settings: Settings,
        password: Password,
        salt: Salt,
        deadline: Instant,
    ) -> Result<String, HashPoolError> {
        let demand = demand_of_settings(settings)?;
        self.text(Class::Setting, Task::Hash { settings, password, salt }, demand, deadline).await
    }

    /// Hashes the bytes of a new password as they were received, for software that does not normalise.
    ///
    /// # Errors
    /// [`HashPoolError`]; nothing has been computed when it says that the lane is full.
    pub async fn hash_as_received(
        &self,
        settings: Settings,
        password: Password,
        salt: Salt,
        deadline: Instant,
    ) -> Result<String, HashPoolError> {
        let demand = demand_of_settings(settings)?;
        self.text(Class::Setting, Task::HashAsReceived { settings, password, salt }, demand, deadline).await
    }

    /// As [`HashPool::hash`], for a password whose stored hash is weaker than `settings`: when nobody else waits, on one
    /// thread at a time, and never on the last that is free of two or more.
    ///
    /// # Errors
    /// [`HashPoolError`]; nothing has been computed when it says that the lane is full.
    pub async fn upgrade(
        &self,
        settings: Settings,
        password: Password,
        salt: Salt,
        deadline: Instant,
    ) -> Result<String, HashPoolError> {
        let demand = demand_of_settings(settings)?;
        self.text(Class::Upgrading, Task::Hash { settings, password, salt }, demand, deadline).await
    }

    /// Whether `password` fits `stored`.
    ///
    /// # Errors
    /// [`HashPoolError`]; nothing has been computed when it says that the lane is full.
    pub async fn verify(
        &self,
        stored: StoredHash,
        password: Password,
        deadline: Instant,
    ) -> Result<bool, HashPoolError> {
        self.check(Check::alone(stored), password, deadline).await
    }

    /// As [`HashPool::verify`], with what else is computed when the password does not fit.
    pub(crate) async fn check(
        &self,
        check: Check,
        password: Password,
        deadline: Instant,
    ) -> Result<bool, HashPoolError> {
        let (work, memory_kib) = check.demand(&password);
        let demand = Demand { scheme: check.scheme(), work, memory_kib };
        match self.submit(Class::Checking, Task::Verify { check: Box::new(check), password }, demand, deadline).await? {
            Answer::Verified(Some(tried)) => Ok(tried.fits),
            Answer::TooLate(overloaded) => Err(HashPoolError::Overloaded(overloaded)),
            Answer::Verified(None) | Answer::Hashed(_) => Err(HashPoolError::Failed),
        }
    }

    /// Why a check of `stored` that comes now would be refused, if it would be; that counts as refused.
    #[must_use]
    pub fn would_refuse(&self, stored: &StoredHash, deadline: Instant) -> Option<Overloaded> {
        self.shared.lock().as_mut()?.turn_away(Class::Checking, demand_of(stored), deadline, Instant::now())
    }

    /// Threads that hash.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.shared.size.threads.get()
    }

    /// The lane at this moment.
    #[must_use]
    pub fn state(&self) -> HashPoolState {
        self.shared.lock().as_ref().map(|queue| queue.state(Instant::now())).unwrap_or_default()
    }

    async fn text(&self, class: Class, task: Task, demand: Demand, deadline: Instant) -> Result<String, HashPoolError> {
        match self.submit(class, task, demand, deadline).await? {
            Answer::Hashed(Some(text)) => Ok(text),
            Answer::TooLate(overloaded) => Err(HashPoolError::Overloaded(overloaded)),
            Answer::Hashed(None) | Answer::Verified(_) => Err(HashPoolError::Failed),
        }
    }

    /// Queues a job, or refuses it at once when it could not be done by `deadline`. The future may be dropped: its job
    /// then gives up its place.
    async fn submit(
        &self,
        class: Class,
        task: Task,
        demand: Demand,
        deadline: Instant,
    ) -> Result<Answer, HashPoolError> {
        let (answer, answered) = oneshot::channel();
        let job = Job { demand, deadline, load: Load { task, answer } };
        let entered = match self.shared.lock().as_mut() {
            Some(queue) => queue.enter(class, job, Instant::now()).map_err(HashPoolError::Overloaded),
            None => return Err(HashPoolError::Failed),
        };
        let _place = Place { shared: &self.shared, class, number: entered? };
        self.shared.work.notify_one();
        answered.await.map_err(|_| HashPoolError::Failed)
    }
}

impl Drop for HashPool {
    fn drop(&mut self) {
        let queue = self.shared.lock().take();
        self.shared.work.notify_all();
        drop(queue);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        let left = queue.as_mut().and_then(|queue| queue.leave(self.class, self.number));
        let has_waiting = queue.as_ref().is_some_and(Queue::has_waiting);
        drop(queue);
        if left.is_some() && has_waiting {
            // It may have been what held up those behind it.
            self.shared.work.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Queue<Load>>> {
        // A thread that panicked while holding the lock left a queue that is still whole: every change to it is one step.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn demand_of(stored: &StoredHash) -> Demand {
    Demand { scheme: stored.scheme(), work: stored.work(), memory_kib: stored.memory_kib() }
}

/// What a new hash costs: what checking one costs.
fn demand_of_settings(settings: Settings) -> Result<Demand, HashPoolError> {
    settings.unmatchable(Salt([0; 16]), [0; 32]).map(|hash| demand_of(&hash)).map_err(|_| HashPoolError::Failed)
}
