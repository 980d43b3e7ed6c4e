//! Those of one class who wait, in the order in which they came, and the work that they wait with.
//!
//! Invariant: the work is at any time the sum of what the waiting jobs ask for, so that to reckon with it costs the same
//! however many they are.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::speed::Speeds;
use crate::Work;

/// What a job asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    pub(super) scheme: &'static str,
    pub(super) work: Work,
    pub(super) memory_kib: u32,
}

/// A job, and whatever the caller wants to have with it.
pub(super) struct Job<T> {
    pub(super) demand: Demand,
    pub(super) deadline: Instant,
    pub(super) load: T,
}

pub(super) struct Line<T> {
    jobs: BTreeMap<u64, Job<T>>,
    /// The sum of their work, by kernel.
    work: Vec<Work>,
}

impl<T> Line<T> {
    pub(super) fn new() -> Self {
        Self { jobs: BTreeMap::new(), work: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    pub(super) fn first(&self) -> Option<(u64, &Job<T>)> {
        self.jobs.first_key_value().map(|(number, job)| (*number, job))
    }

    pub(super) fn last(&self) -> Option<(u64, &Job<T>)> {
        self.jobs.last_key_value().map(|(number, job)| (*number, job))
    }

    /// Takes a job in; numbers only grow.
    pub(super) fn push(&mut self, number: u64, job: Job<T>) {
        let work = job.demand.work;
        match self.work.iter_mut().find(|sum| sum.kernel == work.kernel) {
            Some(sum) => sum.units = sum.units.saturating_add(work.units),
            None => self.work.push(work),
        }
        self.jobs.insert(number, job);
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Job<T>> {
        let job = self.jobs.remove(&number)?;
        let work = job.demand.work;
        if let Some(sum) = self.work.iter_mut().find(|sum| sum.kernel == work.kernel) {
            sum.units = sum.units.saturating_sub(work.units);
        }
        Some(job)
    }

    /// How long one thread would be at work on all of them.
    pub(super) fn expected(&self, speeds: &Speeds) -> Duration {
        let waiting = self.work.iter().filter(|sum| sum.units > 0);
        waiting.map(|sum| speeds.expected(*sum)).fold(Duration::ZERO, Duration::saturating_add)
    }

    /// How long one thread would be at work on the first `count` of them.
    pub(super) fn expected_of_first(&self, count: usize, speeds: &Speeds) -> Duration {
        if count >= self.jobs.len() {
            return self.expected(speeds);
        }
        let first = self.jobs.values().take(count);
        first.map(|job| speeds.expected(job.demand.work)).fold(Duration::ZERO, Duration::saturating_add)
    }
}
