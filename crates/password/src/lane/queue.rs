//! The lane's queue: whose turn it is, how long a newcomer would wait, and whether there is memory for the next job.
//!
//! A plain structure: no thread, no lock, no clock of its own. Invariants: checking and setting take turns when both
//! wait, upgrading has spare capacity only, nothing is overtaken within its class, and running jobs never take more
//! memory together than the ceiling.

use std::time::{Duration, Instant};

use super::{
    Overloaded,
    line::{Demand, Job, Line},
    speed::Speeds,
    state::{Counts, LaneState, SchemeTime, Waiting},
};
use crate::{Work, limits};

/// Most jobs of a class that wait, whatever is expected of them: bounds the memory that waiting passwords take.
const CLASS_LIMIT: usize = 4096;

/// So much of the expected wait, as its divisor, is reckoned with on top of it: the lane may become slower while a job
/// waits, and whoever is refused at once is better off than who waits in vain.
const MARGIN: u32 = 4;

/// Who asks; it decides whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A login.
    Checking,
    /// A new or changed password.
    Setting,
    /// A stored hash that is made anew because it is weaker than today's settings.
    Upgrading,
}

/// What a free thread finds.
pub(super) enum Next<T> {
    /// A job to run, and the number to report its end under.
    Run(u64, Job<T>),
    /// A job whose deadline has passed, and what to tell its caller.
    Expired(Job<T>, Overloaded),
    /// Nothing, or nothing yet.
    Nothing,
}

pub(super) struct Queue<T> {
    threads: usize,
    keep_kib: u32,
    ceiling_kib: u32,
    checking: Line<T>,
    setting: Line<T>,
    upgrading: Line<T>,
    running: Vec<Running>,
    /// Which of checking and setting is next when both wait.
    turn: Class,
    last_number: u64,
    speeds: Speeds,
    counts: Counts,
    times: Vec<SchemeTime>,
}

struct Running {
    number: u64,
    class: Class,
    demand: Demand,
    started: Instant,
}

impl<T> Queue<T> {
    pub(super) fn new(threads: usize, keep_kib: u32) -> Self {
        let kept_together = u32::try_from(threads).unwrap_or(u32::MAX).saturating_mul(keep_kib);
        Self {
            threads,
            keep_kib,
            ceiling_kib: kept_together.max(limits::MEMORY_KIB),
            checking: Line::new(),
            setting: Line::new(),
            upgrading: Line::new(),
            running: Vec::with_capacity(threads),
            turn: Class::Checking,
            last_number: 0,
            speeds: Speeds::default(),
            counts: Counts::default(),
            times: Vec::new(),
        }
    }

    /// Takes a job in and gives the number of its place, unless it could not be done by its deadline. One for which a
    /// thread is free is never refused: nobody would be served the sooner for it.
    pub(super) fn enter(&mut self, class: Class, job: Job<T>, now: Instant) -> Result<u64, Overloaded> {
        if let Some(overloaded) = self.turn_away(class, job.demand, job.deadline, now) {
            return Err(overloaded);
        }
        self.last_number += 1;
        let number = self.last_number;
        self.of(class).push(number, job);
        Ok(number)
    }

    /// Refuses a job that comes now, if it would have to be.
    pub(super) fn turn_away(
        &mut self,
        class: Class,
        demand: Demand,
        deadline: Instant,
        now: Instant,
    ) -> Option<Overloaded> {
        let refusal = self.refusal(class, demand, deadline, now);
        self.counts.refused += u64::from(refusal.is_some());
        refusal
    }

    fn refusal(&self, class: Class, demand: Demand, deadline: Instant, now: Instant) -> Option<Overloaded> {
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

    /// Gives up the place of a job that still waits, and gives it back; `None` when it runs or has run.
    pub(super) fn leave(&mut self, class: Class, number: u64) -> Option<Job<T>> {
        let job = self.of(class).remove(number);
        self.counts.abandoned += u64::from(job.is_some());
        job
    }

    /// What a free thread does next.
    pub(super) fn next(&mut self, now: Instant) -> Next<T> {
        let Some(class) = self.class_in_turn() else { return Next::Nothing };
        let Some((number, job)) = self.of_ref(class).first() else { return Next::Nothing };
        let (demand, is_late) = (job.demand, now > job.deadline);
        // What does not fit keeps its place and holds the others back: whoever could pass it by would do so for ever.
        if !is_late && !self.has_memory_for(demand) {
            return Next::Nothing;
        }
        let Some(job) = self.of(class).remove(number) else { return Next::Nothing };
        if is_late {
            self.counts.expired += 1;
            let retry_after = self.expected_wait(class, now).max(self.speeds.expected(demand.work));
            return Next::Expired(job, Overloaded { retry_after });
        }
        match class {
            Class::Checking => self.turn = Class::Setting,
            Class::Setting => self.turn = Class::Checking,
            Class::Upgrading => {}
        }
        self.running.push(Running { number, class, demand, started: now });
        Next::Run(number, job)
    }

    /// The job that was given out under this number did so much, where it asked for what it might have come to.
    pub(super) fn did(&mut self, number: u64, work: Work) {
        if let Some(running) = self.running.iter_mut().find(|running| running.number == number) {
            running.demand.work = work;
        }
    }

    /// The job that was given out under this number has ended.
    pub(super) fn finish(&mut self, number: u64, succeeded: bool, now: Instant) {
        let Some(at) = self.running.iter().position(|running| running.number == number) else { return };
        let ended = self.running.swap_remove(at);
        if succeeded {
            let taken = now.saturating_duration_since(ended.started);
            self.counts.done += 1;
            self.speeds.learn(ended.demand.work, taken);
            SchemeTime::add(&mut self.times, ended.demand.scheme, taken);
        } else {
            self.counts.failed += 1;
        }
    }

    /// Takes out those who came last and will be far too late by what is known now: the lane has become much slower than it
    /// was when they came. They are told at once rather than at their deadline. As many as there are threads stay, so that what is
    /// known never rests on one job that took absurdly long.
    pub(super) fn shed(&mut self, now: Instant) -> Vec<(Job<T>, Overloaded)> {
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

    /// Whether anything waits that a free thread should look at.
    pub(super) fn has_waiting(&self) -> bool {
        !(self.checking.is_empty() && self.setting.is_empty() && self.upgrading.is_empty())
    }

    pub(super) fn state(&self, now: Instant) -> LaneState {
        LaneState {
            threads: self.threads,
            waiting: Waiting {
                checking: self.checking.len(),
                setting: self.setting.len(),
                upgrading: self.upgrading.len(),
            },
            in_flight: self.running.len(),
            expected_wait: self.expected_wait(Class::Checking, now),
            counts: self.counts,
            schemes: self.times.clone(),
        }
    }

    /// How long a job that comes now would wait for a thread: as long as it takes until the threads, each from the moment
    /// when it is done with what it has, have done together what is ahead.
    pub(super) fn expected_wait(&self, class: Class, now: Instant) -> Duration {
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

    fn class_in_turn(&self) -> Option<Class> {
        match (self.checking.is_empty(), self.setting.is_empty()) {
            (false, false) => Some(self.turn),
            (false, true) => Some(Class::Checking),
            (true, false) => Some(Class::Setting),
            (true, true) => self.has_spare_capacity().then_some(Class::Upgrading),
        }
    }

    /// Whether an upgrade may run: one at a time, and a thread stays free for others if there are two or more.
    fn has_spare_capacity(&self) -> bool {
        let is_first = self.running.iter().all(|running| running.class != Class::Upgrading);
        is_first && self.running.len() + 1 < self.threads.max(2)
    }

    /// A thread keeps its own memory while it runs what needs less.
    fn has_memory_for(&self, demand: Demand) -> bool {
        let taken_by = |demand: Demand| u64::from(demand.memory_kib.max(self.keep_kib));
        let taken: u64 = self.running.iter().map(|running| taken_by(running.demand)).sum();
        self.running.is_empty() || taken + taken_by(demand) <= u64::from(self.ceiling_kib)
    }

    fn of(&mut self, class: Class) -> &mut Line<T> {
        match class {
            Class::Checking => &mut self.checking,
            Class::Setting => &mut self.setting,
            Class::Upgrading => &mut self.upgrading,
        }
    }

    fn of_ref(&self, class: Class) -> &Line<T> {
        match class {
            Class::Checking => &self.checking,
            Class::Setting => &self.setting,
            Class::Upgrading => &self.upgrading,
        }
    }
}
