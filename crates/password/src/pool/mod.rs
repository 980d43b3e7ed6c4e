//! The hash pool: a fixed set of threads, each with its own reused memory, and one bounded queue.
//!
//! Invariants. Async threads never hash. Running jobs use at most threads × the memory of one current hash, or the
//! limit of one stored hash if that is more. A job that cannot meet its deadline is rejected on arrival, unless a
//! thread is free. A job is removed when its caller is gone, and never started when it is late.

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
    line::{Demand, HashJob},
    queue::{Class, Queue},
};
use crate::{Password, Salt, Settings, StoredHash, check::Check, scheme::Tried};

/// The size of the hash pool.
#[derive(Debug, Clone, Copy)]
pub struct HashPoolSize {
    /// The number of hashing threads. The number of cores is best: more threads evict each other's memory from the
    /// cache.
    pub threads: NonZeroUsize,
    /// The memory in KiB that each thread keeps between hashes.
    pub keep_kib: u32,
}

/// The queue is too long for a job to meet its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overloaded {
    /// The time after which another attempt makes sense.
    pub retry_after: Duration,
}

/// The reason why the pool computed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashPoolError {
    /// Rejected, see [`Overloaded`].
    #[error("the hash pool is full")]
    Overloaded(Overloaded),
    /// The hash could not be computed: no memory, or the pool is closing.
    #[error("the hash could not be computed")]
    Failed,
}

/// The hash pool. After a drop, its threads end with their current job.
pub struct HashPool {
    shared: Arc<Shared>,
}

struct Shared {
    size: HashPoolSize,
    /// `None` once the pool is closed. The lock is held for a few instructions, and never while a thread is woken: a
    /// preempted low-priority thread that holds it would block high-priority threads.
    queue: Mutex<Option<Queue<Load>>>,
    work: Condvar,
}

/// The data of a queued job.
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
    /// `None` when the check could not be computed.
    Verified(Option<Tried>),
    TooLate(Overloaded),
}

/// A place in the queue. A drop before the job starts gives it up.
struct Place<'a> {
    shared: &'a Shared,
    class: Class,
    number: u64,
}

impl HashPool {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system cannot start a thread.
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
    /// [`HashPoolError`]; nothing was computed when the pool is full.
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

    /// Hashes the bytes of a new password as received, for software that does not normalise.
    ///
    /// # Errors
    /// [`HashPoolError`]; nothing was computed when the pool is full.
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

    /// Like [`HashPool::hash`], for a password whose stored hash is weaker than `settings`. It runs when no other job
    /// waits, on one thread at a time, and never on the last free thread of several.
    ///
    /// # Errors
    /// [`HashPoolError`]; nothing was computed when the pool is full.
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

    /// Returns whether `password` matches `stored`.
    ///
    /// # Errors
    /// [`HashPoolError`]; nothing was computed when the pool is full.
    pub async fn verify(
        &self,
        stored: StoredHash,
        password: Password,
        deadline: Instant,
    ) -> Result<bool, HashPoolError> {
        self.check(Check::alone(stored), password, deadline).await
    }

    /// Like [`HashPool::verify`], including the decoy if the password is wrong.
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

    /// Returns why a check of `stored` would be rejected now, if it would be; the rejection is counted.
    #[must_use]
    pub fn would_refuse(&self, stored: &StoredHash, deadline: Instant) -> Option<Overloaded> {
        self.shared.lock().as_mut()?.turn_away(Class::Checking, demand_of(stored), deadline, Instant::now())
    }

    /// Returns the number of hashing threads.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.shared.size.threads.get()
    }

    /// Returns the current state of the pool.
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

    /// Queues a job, or rejects it at once if it cannot be done by `deadline`. A drop of the future gives up the job's
    /// place.
    async fn submit(
        &self,
        class: Class,
        task: Task,
        demand: Demand,
        deadline: Instant,
    ) -> Result<Answer, HashPoolError> {
        let (answer, answered) = oneshot::channel();
        let job = HashJob { demand, deadline, load: Load { task, answer } };
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
            // This job may have blocked the jobs behind it.
            self.shared.work.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Queue<Load>>> {
        // A thread that panics while it holds the lock leaves the queue intact: each change is a single step.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn demand_of(stored: &StoredHash) -> Demand {
    Demand { scheme: stored.scheme(), work: stored.work(), memory_kib: stored.memory_kib() }
}

/// Returns the demand of a new hash, which equals the demand of checking one.
fn demand_of_settings(settings: Settings) -> Result<Demand, HashPoolError> {
    settings.unmatchable(Salt([0; 16]), [0; 32]).map(|hash| demand_of(&hash)).map_err(|_| HashPoolError::Failed)
}
