//! The expected wait: which jobs are rejected on arrival, and which are removed later.

use super::*;

#[test]
fn the_wait_counts_the_cost_of_the_jobs_ahead_and_not_their_number() {
    let mut pool = HashPool::new(2);
    let each = first_guess(JOB.work);
    let long = Demand { work: Work { units: JOB.work.units * 10, ..JOB.work }, ..JOB };
    let wait = |pool: &HashPool| pool.queue.expected_wait(Class::Checking, pool.now);
    pool.try_enter(Class::Checking, "long", long, HOUR).unwrap();
    pool.enter(Class::Checking, "short");
    pool.start().unwrap();
    pool.start().unwrap();
    assert_eq!(wait(&pool), each, "the thread with the short job is free first");
    pool.enter(Class::Checking, "c");
    assert_eq!(wait(&pool), each * 2, "the same thread takes the next job");
    pool.try_enter(Class::Checking, "long", long, HOUR).unwrap();
    // Both threads then share the remaining work: 10 + 1 + 1 + 10 between two.
    assert_eq!(wait(&pool), each * 11);
}

#[test]
fn a_job_that_would_be_late_is_refused_unless_a_thread_is_free() {
    let mut pool = HashPool::new(1);
    let each = first_guess(JOB.work);
    pool.try_enter(Class::Checking, "any", JOB, Duration::ZERO).unwrap();
    assert_eq!(pool.started(), "any");
    // One job is running; this one would end after twice its time, or a little later.
    let enough = each * 2 + each / 4;
    let refused = pool.try_enter(Class::Checking, "late", JOB, enough - Duration::from_micros(1));
    assert_eq!(refused, Err(Overloaded { retry_after: each }));
    pool.try_enter(Class::Checking, "in time", JOB, enough).unwrap();
    assert_eq!(pool.try_enter(Class::Setting, "late", JOB, enough).unwrap_err().retry_after, each * 2);
    assert_eq!(pool.state().counts.refused, 2);
    // A waiting upgrade takes no place from others.
    let mut pool = HashPool::new(2);
    pool.enter(Class::Checking, "c");
    pool.start().unwrap();
    pool.enter(Class::Upgrading, "u");
    pool.try_enter(Class::Checking, "any", JOB, Duration::ZERO).unwrap();
    assert_eq!(pool.started(), "any");
}

#[test]
fn jobs_that_will_be_late_are_removed_when_the_pool_becomes_slower() {
    let mut pool = HashPool::new(2);
    let each = first_guess(JOB.work);
    // Twenty-two jobs on two threads fit into eleven rounds and the margin.
    let limit = each * 15;
    for _ in 0..22 {
        pool.try_enter(Class::Checking, "waits", JOB, limit).unwrap();
    }
    let running = [pool.start().unwrap().0, pool.start().unwrap().0];
    pool.now += each;
    pool.queue.finish(running[0], true, pool.now);
    assert!(pool.queue.shed(pool.now).is_empty(), "the speed has not changed");
    pool.now += each * 4;
    pool.queue.finish(running[1], true, pool.now);
    let shed = pool.queue.shed(pool.now);
    // Three times as slow: some of the remaining ten rounds still fit.
    assert!((3..16).contains(&shed.len()), "{}", shed.len());
    assert!(shed.iter().all(|(job, overloaded)| job.load == "waits" && !overloaded.retry_after.is_zero()));
    let state = pool.state();
    assert_eq!(state.counts.expired, u64::try_from(shed.len()).unwrap());
    assert!(state.expected_wait * 2 / 3 <= limit);
    assert!(pool.queue.shed(pool.now).is_empty());
    // However slow the pool becomes, each thread keeps one job to learn from.
    pool.now += each * 1000;
    pool.queue.shed(pool.now);
    assert_eq!(pool.state().waiting.checking, 2);
}
