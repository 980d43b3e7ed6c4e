//! One thread of the pool: takes a job, computes it with its own memory, and answers.
//!
//! Invariant: it runs below the normal scheduling priority, so that threads that answer requests go first on every
//! core.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::PoisonError,
    time::Instant,
};

use super::{Answer, Load, Shared, Task, line::HashJob, queue::Next};
use crate::Scratch;

/// How far below the normal priority the threads are, in the steps of `nice`. Measured, see
/// `docs/internals/decisions/0011-hash-pool.md`.
const PRIORITY: i32 = 8;
/// The kernel whose memory is kept from one hash to the next.
const KEPT_FOR: &str = "argon2";
/// The memory that a job of another kernel may use beside it.
const SMALL_KIB: u32 = 1024;

/// Runs one thread until the pool closes.
pub(super) fn run(shared: &Shared) {
    step_back();
    let mut scratch = Scratch::default();
    while let Some((number, job)) = wait_for_job(shared) {
        let Load { task, answer } = job.load;
        // A job that needs other or more memory starts and ends with none kept, so that a thread never holds both.
        let is_large = job.demand.memory_kib > shared.size.keep_kib
            || (job.demand.work.kernel != KEPT_FOR && job.demand.memory_kib > SMALL_KIB);
        if is_large {
            scratch = Scratch::default();
        }
        // No known input panics. If one does, the pool must not lose a thread.
        let done = catch_unwind(AssertUnwindSafe(|| task.perform(&mut scratch)));
        if is_large || done.is_err() {
            scratch = Scratch::default();
        }
        let done = done.unwrap_or(Answer::Hashed(None));
        let succeeded = !matches!(done, Answer::Hashed(None) | Answer::Verified(None));
        let mut shed = Vec::new();
        if let Some(queue) = shared.lock().as_mut() {
            if let Answer::Verified(Some(tried)) = &done {
                queue.did(number, tried.work);
            }
            let now = Instant::now();
            queue.finish(number, succeeded, now);
            shed = queue.shed(now);
        }
        for (job, overloaded) in shed {
            drop(job.load.answer.send(Answer::TooLate(overloaded)));
        }
        // The send fails when the caller is gone; the answer is then not needed.
        drop(answer.send(done));
    }
}

/// Waits for a job to run; `None` when the pool closes.
fn wait_for_job(shared: &Shared) -> Option<(u64, HashJob<Load>)> {
    let mut guard = shared.lock();
    loop {
        let now = Instant::now();
        let queue = guard.as_mut()?;
        match queue.next(now) {
            Next::Run(number, job) => {
                let has_more = queue.has_waiting();
                drop(guard);
                if has_more {
                    // The end of a large job may free memory for several jobs.
                    shared.work.notify_one();
                }
                return Some((number, job));
            }
            Next::Expired(job, overloaded) => {
                drop(guard);
                drop(job.load.answer.send(Answer::TooLate(overloaded)));
                guard = shared.lock();
            }
            Next::Nothing => guard = shared.work.wait(guard).unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// Lowers the priority of the calling thread. On Linux `nice` applies to one thread; elsewhere it would apply to the
/// whole process, so this does nothing there.
fn step_back() {
    #[cfg(target_os = "linux")]
    let _refused_at_worst = rustix::process::nice(PRIORITY);
}

impl Task {
    fn perform(self, scratch: &mut Scratch) -> Answer {
        match self {
            Self::Hash { settings, password, salt } => Answer::Hashed(settings.hash(&password, salt, scratch)),
            Self::HashAsReceived { settings, password, salt } => {
                Answer::Hashed(settings.hash_as_received(&password, salt, scratch))
            }
            Self::Verify { check, password } => Answer::Verified(check.perform(&password, scratch)),
        }
    }
}
