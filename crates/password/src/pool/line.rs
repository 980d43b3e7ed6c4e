//! The waiting jobs of one class in the order of arrival, and the sum of their work.
//!
//! Invariant: the sum always covers exactly the waiting jobs. So an estimate costs the same however many jobs wait.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::speed::Speeds;
use crate::Work;

/// The resources that a job needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    pub(super) scheme: &'static str,
    pub(super) work: Work,
    pub(super) memory_kib: u32,
}

/// A job with the caller's data.
pub(super) struct HashJob<T> {
    pub(super) demand: Demand,
    pub(super) deadline: Instant,
    pub(super) load: T,
}

pub(super) struct Line<T> {
    jobs: BTreeMap<u64, HashJob<T>>,
    /// The sum of the jobs' work, by kernel.
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

    pub(super) fn first(&self) -> Option<(u64, &HashJob<T>)> {
        self.jobs.first_key_value().map(|(number, job)| (*number, job))
    }

    pub(super) fn last(&self) -> Option<(u64, &HashJob<T>)> {
        self.jobs.last_key_value().map(|(number, job)| (*number, job))
    }

    /// Adds a job. Numbers must increase.
    pub(super) fn push(&mut self, number: u64, job: HashJob<T>) {
        let work = job.demand.work;
        match self.work.iter_mut().find(|sum| sum.kernel == work.kernel) {
            Some(sum) => sum.units = sum.units.saturating_add(work.units),
            None => self.work.push(work),
        }
        self.jobs.insert(number, job);
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<HashJob<T>> {
        let job = self.jobs.remove(&number)?;
        let work = job.demand.work;
        if let Some(sum) = self.work.iter_mut().find(|sum| sum.kernel == work.kernel) {
            sum.units = sum.units.saturating_sub(work.units);
        }
        Some(job)
    }

    /// Returns how long one thread would need for all jobs.
    pub(super) fn expected(&self, speeds: &Speeds) -> Duration {
        let waiting = self.work.iter().filter(|sum| sum.units > 0);
        waiting.map(|sum| speeds.expected(*sum)).fold(Duration::ZERO, Duration::saturating_add)
    }

    /// Returns how long one thread would need for the first `count` jobs.
    pub(super) fn expected_of_first(&self, count: usize, speeds: &Speeds) -> Duration {
        if count >= self.jobs.len() {
            return self.expected(speeds);
        }
        let first = self.jobs.values().take(count);
        first.map(|job| speeds.expected(job.demand.work)).fold(Duration::ZERO, Duration::saturating_add)
    }
}
