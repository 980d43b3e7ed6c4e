//! The queue alone: order, rejection and memory, at instants that the test chooses.

mod wait;

use std::time::{Duration, Instant};

use super::{
    HashPoolState, Overloaded,
    line::{Demand, HashJob},
    queue::{Class, Next, Queue},
};
use crate::{Work, first_guess, limits};

/// The memory that each thread keeps.
const KEEP_KIB: u32 = 1024;
const HOUR: Duration = Duration::from_secs(3600);
/// A job of a kernel that was never timed.
const JOB: Demand = Demand { scheme: "test", work: Work { kernel: "test", units: 100_000 }, memory_kib: 4 };

struct HashPool {
    queue: Queue<&'static str>,
    now: Instant,
}

impl HashPool {
    fn new(threads: usize) -> Self {
        Self { queue: Queue::new(threads, KEEP_KIB), now: Instant::now() }
    }

    fn try_enter(
        &mut self,
        class: Class,
        name: &'static str,
        demand: Demand,
        wait: Duration,
    ) -> Result<u64, Overloaded> {
        self.queue.enter(class, HashJob { demand, deadline: self.now + wait, load: name }, self.now)
    }

    fn enter(&mut self, class: Class, name: &'static str) -> u64 {
        self.try_enter(class, name, JOB, HOUR).unwrap()
    }

    fn enter_large(&mut self, name: &'static str, memory_kib: u32) {
        self.try_enter(Class::Checking, name, Demand { memory_kib, ..JOB }, HOUR).unwrap();
    }

    /// Returns the job that a free thread would run.
    fn start(&mut self) -> Option<(u64, &'static str)> {
        match self.queue.next(self.now) {
            Next::Run(number, job) => Some((number, job.load)),
            Next::Expired(job, _) => panic!("{} has expired", job.load),
            Next::Nothing => None,
        }
    }

    fn started(&mut self) -> &'static str {
        self.start().map_or("nothing", |(_, name)| name)
    }

    /// Runs all jobs on one thread and returns their order.
    fn order(&mut self) -> String {
        let mut order = Vec::new();
        while let Some((number, name)) = self.start() {
            order.push(name);
            self.queue.finish(number, true, self.now);
        }
        order.join(" ")
    }

    fn state(&self) -> HashPoolState {
        self.queue.state(self.now)
    }
}

#[test]
fn checking_and_setting_take_turns_and_upgrading_comes_last() {
    let mut pool = HashPool::new(1);
    for name in ["u1", "u2"] {
        pool.enter(Class::Upgrading, name);
    }
    for name in ["c1", "c2", "c3", "c4"] {
        pool.enter(Class::Checking, name);
    }
    for name in ["s1", "s2"] {
        pool.enter(Class::Setting, name);
    }
    assert_eq!(pool.order(), "c1 s1 c2 s2 c3 c4 u1 u2");
    // A class that was just served alone does not go first again.
    pool.enter(Class::Checking, "c5");
    pool.enter(Class::Setting, "s3");
    assert_eq!(pool.order(), "s3 c5");
}

#[test]
fn only_one_upgrade_runs_and_leaves_a_thread_free() {
    let mut pool = HashPool::new(3);
    pool.enter(Class::Upgrading, "u1");
    pool.enter(Class::Upgrading, "u2");
    let (first, name) = pool.start().unwrap();
    assert_eq!(name, "u1");
    assert_eq!(pool.started(), "nothing", "two upgrades would run at once");
    pool.enter(Class::Checking, "c1");
    let (check, name) = pool.start().unwrap();
    assert_eq!(name, "c1", "a running upgrade must not block the free threads");
    pool.queue.finish(first, true, pool.now);
    pool.enter(Class::Setting, "s1");
    assert_eq!(pool.started(), "s1");
    assert_eq!(pool.started(), "nothing", "an upgrade would take the last free thread");
    pool.queue.finish(check, true, pool.now);
    assert_eq!(pool.started(), "u2");
    // With one thread only, that thread is the spare capacity while no other job waits.
    let mut pool = HashPool::new(1);
    pool.enter(Class::Upgrading, "u1");
    assert_eq!(pool.started(), "u1");
}

#[test]
fn each_class_waits_for_its_own_jobs_and_as_many_of_the_other() {
    let mut pool = HashPool::new(1);
    let each = first_guess(JOB.work);
    let wait = |pool: &HashPool, class| pool.queue.expected_wait(class, pool.now);
    pool.enter(Class::Checking, "running");
    pool.start().unwrap();
    assert_eq!(wait(&pool, Class::Checking), each);
    for _ in 0..100 {
        pool.enter(Class::Setting, "s");
    }
    // A flood of sign-ups delays another sign-up, and hardly a login.
    assert_eq!(wait(&pool, Class::Setting), each * 101);
    assert_eq!(wait(&pool, Class::Checking), each * 2);
    assert_eq!(wait(&pool, Class::Upgrading), each * 101);
    for _ in 0..10 {
        pool.enter(Class::Checking, "c");
    }
    assert_eq!(wait(&pool, Class::Checking), each * (1 + 10 + 11));
    assert_eq!(wait(&pool, Class::Setting), each * (1 + 100 + 10));
    assert_eq!(pool.state().expected_wait, wait(&pool, Class::Checking));
    // A running job counts less and less.
    pool.now += each / 2;
    assert_eq!(wait(&pool, Class::Checking), each * 21 + each / 2);
}

#[test]
fn a_job_past_its_deadline_is_not_started() {
    let mut pool = HashPool::new(1);
    pool.try_enter(Class::Checking, "late", JOB, Duration::from_secs(1)).unwrap();
    pool.now += Duration::from_secs(1) + Duration::from_nanos(1);
    let Next::Expired(job, Overloaded { retry_after }) = pool.queue.next(pool.now) else { panic!("it was started") };
    assert_eq!(job.load, "late");
    assert!(!retry_after.is_zero());
    assert_eq!((pool.state().counts.expired, pool.state().in_flight), (1, 0));
    // A job that fits in no memory expires too, and then blocks no other.
    let mut pool = HashPool::new(2);
    pool.enter_large("large", limits::MEMORY_KIB);
    pool.start().unwrap();
    let large = Demand { memory_kib: limits::MEMORY_KIB, ..JOB };
    pool.try_enter(Class::Checking, "late", large, Duration::from_secs(1)).unwrap();
    pool.now += Duration::from_secs(2);
    assert!(matches!(pool.queue.next(pool.now), Next::Expired(..)));
}

#[test]
fn an_abandoned_place_blocks_no_other_job() {
    let mut pool = HashPool::new(1);
    pool.enter(Class::Checking, "running");
    let (running, _) = pool.start().unwrap();
    let gone = pool.enter(Class::Checking, "gone");
    pool.enter(Class::Checking, "next");
    let wait = pool.state().expected_wait;
    assert_eq!(pool.queue.leave(Class::Checking, gone).unwrap().load, "gone");
    assert!(pool.queue.leave(Class::Checking, gone).is_none());
    assert!(pool.queue.leave(Class::Checking, running).is_none(), "a running job continues");
    assert_eq!(pool.state().expected_wait, wait - first_guess(JOB.work));
    assert_eq!((pool.state().counts.abandoned, pool.state().waiting.checking), (1, 1));
    assert_eq!(pool.started(), "next");
}

#[test]
fn current_jobs_use_all_threads_and_large_ones_wait_for_memory() {
    let whole = limits::MEMORY_KIB;
    let mut pool = HashPool::new(4);
    pool.enter_large("half", whole / 2);
    pool.enter_large("too much", whole / 2 + 1);
    pool.enter(Class::Checking, "small");
    pool.enter(Class::Setting, "of the other class");
    let (half, _) = pool.start().unwrap();
    // This class must wait for its turn.
    assert_eq!(pool.started(), "of the other class");
    assert_eq!(pool.started(), "nothing", "more memory than the ceiling would be used, or the large job overtaken");
    assert_eq!(pool.state().expected_wait, first_guess(JOB.work) + first_guess(JOB.work) * 2 / 4);
    pool.queue.finish(half, true, pool.now);
    assert_eq!(pool.started(), "too much");
    assert_eq!(pool.started(), "small");
    // A job that runs alone gets all the memory that a stored hash may ask for.
    let mut pool = HashPool::new(1);
    pool.enter_large("whole", whole);
    assert_eq!(pool.started(), "whole");
    // Jobs with the current settings never wait for memory, however many threads run.
    let mut pool = HashPool::new(300);
    (0..300).for_each(|_| pool.enter_large("today's", KEEP_KIB));
    for _ in 0..300 {
        assert_eq!(pool.started(), "today's");
    }
}

#[test]
fn the_state_counts_the_outcomes_of_jobs() {
    let mut pool = HashPool::new(2);
    for scheme in ["one", "another", "one"] {
        pool.try_enter(Class::Checking, "job", Demand { scheme, ..JOB }, HOUR).unwrap();
        let (number, _) = pool.start().unwrap();
        pool.now += Duration::from_millis(250);
        pool.queue.finish(number, true, pool.now);
    }
    pool.enter(Class::Setting, "fails");
    let (number, _) = pool.start().unwrap();
    assert_eq!(pool.state().in_flight, 1);
    pool.queue.finish(number, false, pool.now);
    for class in [Class::Checking, Class::Setting, Class::Setting, Class::Upgrading] {
        pool.enter(class, "waits");
    }
    let state = pool.state();
    assert_eq!((state.threads, state.counts.done, state.counts.failed), (2, 3, 1));
    assert_eq!((state.waiting.checking, state.waiting.setting, state.waiting.upgrading), (1, 2, 1));
    let times: Vec<_> = state.schemes.iter().map(|time| (time.scheme, time.count, time.seconds)).collect();
    assert_eq!(times, [("one", 2, 0.5), ("another", 1, 0.25)]);
}

#[test]
fn the_estimate_learns_from_the_actual_work_of_a_job() {
    let mut pool = HashPool::new(1);
    pool.enter(Class::Checking, "a right password, without the decoy");
    let (number, _) = pool.start().unwrap();
    let tenth = Work { units: JOB.work.units / 10, ..JOB.work };
    pool.queue.did(number, tenth);
    pool.now += first_guess(tenth);
    pool.queue.finish(number, true, pool.now);
    pool.enter(Class::Checking, "the next");
    assert!(pool.state().expected_wait.abs_diff(first_guess(JOB.work)) < Duration::from_micros(1));
}
