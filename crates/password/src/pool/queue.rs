//! The pool's queue: the order of jobs, the expected wait of a new job, and the memory for the next one.
//!
//! A plain structure without threads, locks or a clock. Invariants: checks and new hashes alternate when both wait.
//! Upgrades use spare capacity only. Within a class, jobs run in order. Running jobs together never exceed the memory
//! ceiling.

mod wait;

use std::time::Instant;

use super::{
    Overloaded,
    line::{Demand, HashJob, Line},
    speed::Speeds,
    state::{HashPoolState, JobCounts, SchemeTime, Waiting},
};
use crate::{Work, limits};

/// The class of a job, which decides its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A login.
    Checking,
    /// A new or changed password.
    Setting,
    /// A stored hash that is replaced because it is weaker than the current settings.
    Upgrading,
}

/// The next task of a free thread.
pub(super) enum Next<T> {
    /// A job to run, and the number under which its end is reported.
    Run(u64, HashJob<T>),
    /// A job whose deadline has passed, and the error for its caller.
    Expired(HashJob<T>, Overloaded),
    /// Nothing to do now.
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
    /// The class whose turn is next when both checks and new hashes wait.
    turn: Class,
    last_number: u64,
    speeds: Speeds,
    counts: JobCounts,
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
            counts: JobCounts::default(),
            times: Vec::new(),
        }
    }

    /// Adds a job and returns the number of its place, unless it cannot meet its deadline. A job is never rejected
    /// while a thread is free: that would help no other job.
    pub(super) fn enter(&mut self, class: Class, job: HashJob<T>, now: Instant) -> Result<u64, Overloaded> {
        if let Some(overloaded) = self.turn_away(class, job.demand, job.deadline, now) {
            return Err(overloaded);
        }
        self.last_number += 1;
        let number = self.last_number;
        self.of(class).push(number, job);
        Ok(number)
    }

    /// Rejects a new job if it cannot meet its deadline.
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

    /// Removes a waiting job and returns it; `None` if it is running or done.
    pub(super) fn leave(&mut self, class: Class, number: u64) -> Option<HashJob<T>> {
        let job = self.of(class).remove(number);
        self.counts.abandoned += u64::from(job.is_some());
        job
    }

    /// Returns the next task of a free thread.
    pub(super) fn next(&mut self, now: Instant) -> Next<T> {
        let Some(class) = self.class_in_turn() else { return Next::Nothing };
        let Some((number, job)) = self.of_ref(class).first() else { return Next::Nothing };
        let (demand, is_late) = (job.demand, now > job.deadline);
        // A job without memory keeps its place and blocks the others; otherwise smaller jobs could overtake it for
        // ever.
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

    /// Records the actual work of a running job that asked for its maximum.
    pub(super) fn did(&mut self, number: u64, work: Work) {
        if let Some(running) = self.running.iter_mut().find(|running| running.number == number) {
            running.demand.work = work;
        }
    }

    /// Records the end of a running job.
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

    /// Returns whether a free thread should look at the queue.
    pub(super) fn has_waiting(&self) -> bool {
        !(self.checking.is_empty() && self.setting.is_empty() && self.upgrading.is_empty())
    }

    pub(super) fn state(&self, now: Instant) -> HashPoolState {
        HashPoolState {
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

    fn class_in_turn(&self) -> Option<Class> {
        match (self.checking.is_empty(), self.setting.is_empty()) {
            (false, false) => Some(self.turn),
            (false, true) => Some(Class::Checking),
            (true, false) => Some(Class::Setting),
            (true, true) => self.has_spare_capacity().then_some(Class::Upgrading),
        }
    }

    /// Returns whether an upgrade may run: one at a time, and one thread of several must stay free.
    fn has_spare_capacity(&self) -> bool {
        let is_first = self.running.iter().all(|running| running.class != Class::Upgrading);
        is_first && self.running.len() + 1 < self.threads.max(2)
    }

    /// Returns whether memory is left for the job. A thread keeps its own memory while it runs a smaller job.
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
