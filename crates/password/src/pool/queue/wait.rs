//! The expected wait: how long a new job would wait, which jobs are rejected, and which are removed later.
//!
//! This module knows turns only through their effect on waiting. Invariant: no job is rejected while a thread is free.

use std::time::{Duration, Instant};

use super::{
    super::line::{Demand, HashJob},
    Class, Overloaded, Queue, Running,
};

/// The most waiting jobs of a class, whatever their expected wait: bounds the memory of waiting passwords.
const CLASS_LIMIT: usize = 4096;

/// The divisor of the margin that is added to the expected wait. The pool may become slower while a job waits, and an
/// early rejection is better than waiting in vain.
const MARGIN: u32 = 4;

impl<T> Queue<T> {
    /// Returns why a new job would be rejected, if it would be.
    pub(super) fn refusal(&self, class: Class, demand: Demand, deadline: Instant, now: Instant) -> Option<Overloaded> {
        let upgrades = if class == Class::Upgrading { self.upgrading.len() } else { 0 };
        if self.checking.len() + self.setting.len() + upgrades + self.running.len() < self.threads {
            return None;
        }
        let wait = self.expected_wait(class, now);
        let own = self.speeds.expected(demand.work);
        let needed = wait.saturating_add(own).saturating_add(wait / MARGIN);
        let is_late = now.checked_add(needed).is_none_or(|done| done > deadline);
        (is_late || self.of_ref(class).len() >= CLASS_LIMIT).then(|| Overloaded { retry_after: wait.max(own) })
    }

    /// Removes the latest jobs that will be far too late by current knowledge, because the pool has become much slower.
    /// Their callers learn it at once instead of at the deadline. One job for each thread stays, so that one absurdly
    /// slow job cannot decide alone.
    pub(in crate::pool) fn shed(&mut self, now: Instant) -> Vec<(HashJob<T>, Overloaded)> {
        let mut shed = Vec::new();
        for class in [Class::Checking, Class::Setting] {
            while let Some((number, last)) =
                self.of_ref(class).last().filter(|_| self.of_ref(class).len() > self.threads)
            {
                // A new job's wait is the time until this one is done. A job that is a little late may still make it.
                let wait = self.expected_wait(class, now);
                if now.checked_add(wait * 2 / 3).is_some_and(|done| done <= last.deadline) {
                    break;
                }
                let Some(job) = self.of(class).remove(number) else { break };
                self.counts.expired += 1;
                shed.push((job, Overloaded { retry_after: wait }));
            }
        }
        shed
    }

    /// Returns how long a new job would wait for a thread: the time until all threads, each from the end of its current
    /// job, have together finished the work ahead.
    pub(in crate::pool) fn expected_wait(&self, class: Class, now: Instant) -> Duration {
        let mut free_in = self.threads_free_in(now);
        let ahead = self.ahead_of(class);
        let mut level = Duration::ZERO;
        let mut room = Duration::ZERO;
        free_in.sort_unstable();
        for (at, free) in free_in.iter().enumerate() {
            // This many threads are free until the next one becomes free.
            let threads = u32::try_from(at).unwrap_or(u32::MAX);
            let more = free.saturating_sub(level).saturating_mul(threads);
            if room.saturating_add(more) >= ahead && at > 0 {
                return level.saturating_add(ahead.saturating_sub(room) / threads);
            }
            room = room.saturating_add(more);
            level = *free;
        }
        level.saturating_add(ahead.saturating_sub(room) / u32::try_from(self.threads).unwrap_or(u32::MAX))
    }

    /// Returns when each thread ends its current job. Threads that wait for memory become free when the last of the
    /// others does.
    fn threads_free_in(&self, now: Instant) -> Vec<Duration> {
        let left = |running: &Running| {
            let elapsed = now.saturating_duration_since(running.started);
            self.speeds.expected(running.demand.work).saturating_sub(elapsed)
        };
        let mut free_in: Vec<Duration> = self.running.iter().map(left).collect();
        let head = self.class_in_turn().and_then(|class| self.of_ref(class).first());
        let lacks_memory = head.is_some_and(|(_, job)| !self.has_memory_for(job.demand));
        let last = free_in.iter().max().copied().filter(|_| lacks_memory);
        free_in.resize(self.threads, last.unwrap_or_default());
        free_in
    }

    /// Returns the work that is done before a new job of this class has its turn.
    fn ahead_of(&self, class: Class) -> Duration {
        let Self { checking, setting, upgrading, speeds, .. } = self;
        match class {
            // One job of the other class may run before each job of this class and before the new one.
            Class::Checking => {
                checking.expected(speeds).saturating_add(setting.expected_of_first(checking.len() + 1, speeds))
            }
            Class::Setting => {
                setting.expected(speeds).saturating_add(checking.expected_of_first(setting.len() + 1, speeds))
            }
            Class::Upgrading => [checking, setting, upgrading]
                .map(|line| line.expected(speeds))
                .into_iter()
                .fold(Duration::ZERO, Duration::saturating_add),
        }
    }
}
