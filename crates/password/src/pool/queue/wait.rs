//! How long who comes now would wait, who is refused for it, and who is told so later.
//!
//! It knows nothing of turns but what they mean for a wait. Invariant: a free thread refuses nobody.

use std::time::{Duration, Instant};

use super::{
    super::line::{Demand, Job},
    Class, Overloaded, Queue, Running,
};

/// Most jobs of a class that wait, whatever is expected of them: bounds the memory that waiting passwords take.
const CLASS_LIMIT: usize = 4096;

/// So much of the expected wait, as its divisor, is reckoned with on top of it: the lane may become slower while a job
/// waits, and whoever is refused at once is better off than who waits in vain.
const MARGIN: u32 = 4;

impl<T> Queue<T> {
    /// Why a job that comes now would be refused, if it would be.
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

    /// Takes out those who came last and will be far too late by what is known now: the lane has become much slower than it
    /// was when they came. They are told at once rather than at their deadline. As many as there are threads stay, so that
    /// what is known never rests on one job that took absurdly long.
    pub(in crate::pool) fn shed(&mut self, now: Instant) -> Vec<(Job<T>, Overloaded)> {
        let mut shed = Vec::new();
        for class in [Class::Checking, Class::Setting] {
            while let Some((number, last)) =
                self.of_ref(class).last().filter(|_| self.of_ref(class).len() > self.threads)
            {
                // A newcomer's wait is the time until this one is done. What is late by a little may yet be in time.
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

    /// How long a job that comes now would wait for a thread: as long as it takes until the threads, each from the moment
    /// when it is done with what it has, have done together what is ahead.
    pub(in crate::pool) fn expected_wait(&self, class: Class, now: Instant) -> Duration {
        let mut free_in = self.threads_free_in(now);
        let ahead = self.ahead_of(class);
        let mut level = Duration::ZERO;
        let mut room = Duration::ZERO;
        free_in.sort_unstable();
        for (at, free) in free_in.iter().enumerate() {
            // So many threads are free until the next one is.
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

    /// When each thread is done with what it has. Those that wait for memory are so when the last of the others is.
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

    /// The work that is done before a newcomer of this class has its turn.
    fn ahead_of(&self, class: Class) -> Duration {
        let Self { checking, setting, upgrading, speeds, .. } = self;
        match class {
            // One of the other's may go before each of its own and before itself.
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
