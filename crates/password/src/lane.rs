//! The hashing lane: a fixed set of threads, each with its own reused memory, fed by one bounded queue.
//!
//! Invariants. Async threads never hash. Memory is at most threads × the memory of one hash. A job that could not be
//! done by its deadline is refused when it comes, not after it has waited, unless a thread is free; one whose caller has
//! gone, or whose deadline has passed, is never started.

use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use crate::{Password, Salt, Scratch, Settings, StoredHash};

/// What one job is taken to cost until the first one has been timed.
const FIRST_ESTIMATE: Duration = Duration::from_millis(20);
/// Most jobs that wait, whatever the estimate says: bounds the memory that waiting passwords take.
const QUEUE_LIMIT: usize = 4096;

/// How wide the lane is.
#[derive(Debug, Clone, Copy)]
pub struct LaneSize {
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
pub enum LaneError {
    /// Refused, see [`Overloaded`].
    #[error("the hashing lane is full")]
    Overloaded(Overloaded),
    /// The hash could not be computed: no memory, or the lane is closing.
    #[error("the hash could not be computed")]
    Failed,
}

/// The hashing lane. Dropping it lets its threads end after the job at hand.
pub struct Lane {
    shared: Arc<Shared>,
}

struct Shared {
    size: LaneSize,
    queue: Mutex<Queue>,
    work: Condvar,
}

struct Queue {
    jobs: VecDeque<Job>,
    running: usize,
    estimate: Duration,
    closed: bool,
}

struct Job {
    task: Task,
    deadline: Instant,
    answer: oneshot::Sender<Answer>,
}

enum Task {
    Hash { settings: Settings, password: Password, salt: Salt },
    Verify { stored: StoredHash, password: Password },
}

enum Answer {
    Hashed(Option<String>),
    Verified(bool),
    TooLate(Overloaded),
}

impl Lane {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system grants no thread.
    pub fn start(size: LaneSize) -> std::io::Result<Self> {
        let queue = Queue { jobs: VecDeque::new(), running: 0, estimate: FIRST_ESTIMATE, closed: false };
        let shared = Arc::new(Shared { size, queue: Mutex::new(queue), work: Condvar::new() });
        let lane = Self { shared };
        for number in 0..size.threads.get() {
            let shared = Arc::clone(&lane.shared);
            thread::Builder::new().name(format!("hash-{number}")).spawn(move || shared.run())?;
        }
        Ok(lane)
    }

    /// Hashes the NFC form of `password`.
    ///
    /// # Errors
    /// [`LaneError`]; nothing has been computed when it says that the lane is full.
    pub async fn hash(
        &self,
        settings: Settings,
        password: Password,
        salt: Salt,
        deadline: Instant,
    ) -> Result<String, LaneError> {
        match self.submit(Task::Hash { settings, password, salt }, deadline).await? {
            Answer::Hashed(Some(text)) => Ok(text),
            Answer::TooLate(overloaded) => Err(LaneError::Overloaded(overloaded)),
            Answer::Hashed(None) | Answer::Verified(_) => Err(LaneError::Failed),
        }
    }

    /// Whether `password` fits `stored`.
    ///
    /// # Errors
    /// [`LaneError`]; nothing has been computed when it says that the lane is full.
    pub async fn verify(&self, stored: StoredHash, password: Password, deadline: Instant) -> Result<bool, LaneError> {
        match self.submit(Task::Verify { stored, password }, deadline).await? {
            Answer::Verified(fits) => Ok(fits),
            Answer::TooLate(overloaded) => Err(LaneError::Overloaded(overloaded)),
            Answer::Hashed(_) => Err(LaneError::Failed),
        }
    }

    /// Threads that hash.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.shared.size.threads.get()
    }

    /// Queues a job, or refuses it at once when it could not be done by `deadline`. The future may be dropped: its job
    /// then gives up its place.
    async fn submit(&self, task: Task, deadline: Instant) -> Result<Answer, LaneError> {
        let (answer, answered) = oneshot::channel();
        {
            let mut queue = self.shared.lock();
            if queue.closed {
                return Err(LaneError::Failed);
            }
            if queue.would_miss(deadline, self.threads()) {
                queue.jobs.retain(|job| !job.answer.is_closed());
                if queue.would_miss(deadline, self.threads()) {
                    return Err(LaneError::Overloaded(queue.overloaded(self.threads())));
                }
            }
            queue.jobs.push_back(Job { task, deadline, answer });
        }
        self.shared.work.notify_one();
        answered.await.map_err(|_| LaneError::Failed)
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        queue.closed = true;
        queue.jobs.clear();
        drop(queue);
        self.shared.work.notify_all();
    }
}

impl Queue {
    /// How long a job that comes now would wait for a thread.
    fn expected_wait(&self, threads: usize) -> Duration {
        let ahead = self.jobs.len() + self.running;
        let rounds = u32::try_from(ahead / threads.max(1)).unwrap_or(u32::MAX);
        self.estimate.saturating_mul(rounds)
    }

    /// Whether a job that comes now could not be done in time. One for which a thread is free is never refused: nobody
    /// would be served the sooner for it, and an estimate that one slow job has spoilt could never be mended.
    fn would_miss(&self, deadline: Instant, threads: usize) -> bool {
        if self.jobs.len() + self.running < threads {
            return false;
        }
        let needed = self.expected_wait(threads).saturating_add(self.estimate);
        self.jobs.len() >= QUEUE_LIMIT || Instant::now().checked_add(needed).is_none_or(|done| done > deadline)
    }

    fn overloaded(&self, threads: usize) -> Overloaded {
        Overloaded { retry_after: self.expected_wait(threads).max(self.estimate) }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A thread that panicked while holding the lock left a queue that is still whole: every change to it is one step.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One thread's life: take a job, do it, answer.
    fn run(&self) {
        let mut scratch = Scratch::default();
        while let Some(job) = self.next_job() {
            let started = Instant::now();
            let answer = if started > job.deadline {
                Answer::TooLate(self.lock().overloaded(self.size.threads.get()))
            } else {
                let task = AssertUnwindSafe(|| job.task.perform(&mut scratch));
                // No input is known to panic; if one does, it must not cost the lane a thread.
                let answer = catch_unwind(task).unwrap_or(Answer::Hashed(None));
                scratch.shrink_to_kib(self.size.keep_kib);
                self.learn(started.elapsed());
                answer
            };
            self.lock().running -= 1;
            // The caller may have gone meanwhile; then nobody wants the answer.
            drop(job.answer.send(answer));
        }
    }

    /// Waits for a job whose caller is still there; `None` when the lane closes.
    fn next_job(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            match queue.jobs.pop_front() {
                Some(job) if job.answer.is_closed() => {}
                Some(job) => {
                    queue.running += 1;
                    return Some(job);
                }
                None => queue = self.work.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Moves the estimate an eighth of the way towards what a job just took.
    fn learn(&self, taken: Duration) {
        let mut queue = self.lock();
        queue.estimate = (queue.estimate * 7 + taken) / 8;
    }
}

impl Task {
    fn perform(self, scratch: &mut Scratch) -> Answer {
        match self {
            Self::Hash { settings, password, salt } => Answer::Hashed(settings.hash(&password, salt, scratch)),
            Self::Verify { stored, password } => Answer::Verified(stored.verify(&password, scratch)),
        }
    }
}
