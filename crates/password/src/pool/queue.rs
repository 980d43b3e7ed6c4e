//! The lane's queue: whose turn it is, how long a newcomer would wait, and whether there is memory for the next job.
//!
//! A plain structure: no thread, no lock, no clock of its own. Invariants: checking and setting take turns when both
//! wait, upgrading has spare capacity only, nothing is overtaken within its class, and running jobs never take more
//! memory together than the ceiling.

mod wait;

use std::time::Instant;

use super::{
    Overloaded,
    line::{Demand, Job, Line},
    speed::Speeds,
    state::{HashPoolState, JobCounts, SchemeTime, Waiting},
};
use crate::{Work, limits};

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

    /// Whether anything waits that a free thread should look at.
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
