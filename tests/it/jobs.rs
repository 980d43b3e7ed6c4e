//! Jobs: one node at a time, again after a failure, and in good order at the end.

use std::{
    future::{pending, ready},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use doorward::{
    Error,
    jobs::{JOBS, Job, JobWork, NodeId, Ran, Runner, Schedule, run_if_due},
    store::job_leases::{JobLease, find},
};
use doorward_test_macros::async_test;
use tokio::sync::Semaphore;

use crate::support::Site;

const HOUR: Duration = Duration::from_secs(3600);

const fn hourly(work: JobWork) -> Job {
    Job { name: "test", about: "the test's rows", schedule: Schedule::OneNode(HOUR), work }
}

/// What this node makes of `job` now.
async fn run(site: &Site, node: NodeId, job: &Job) -> Ran {
    run_if_due(&site.app, node, job, HOUR).await.unwrap()
}

fn is_not_due(ran: Ran) -> bool {
    matches!(ran, Ran::NotDue(_))
}

/// Waits until the job has begun on some node.
async fn lease_of(site: &Site, job: &Job) -> JobLease {
    loop {
        if let Some(lease) = find(&mut site.app.db.read().await.unwrap(), job.name).await.unwrap() {
            return lease;
        }
        tokio::task::yield_now().await;
    }
}

#[async_test]
async fn of_two_nodes_one_runs_a_job_at_its_time() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let job = hourly(|_| {
        RUNS.fetch_add(1, Ordering::Relaxed);
        Box::pin(ready(Ok(0)))
    });
    let site = Site::new().await;
    let other = site.another_node(&[]).await;
    let nodes = [(&site, NodeId::new(&site.app).unwrap()), (&other, NodeId::new(&other.app).unwrap())];
    for round in 0..4 {
        let ((first, node), (second, another)) = (nodes[round % 2], nodes[(round + 1) % 2]);
        assert_eq!(run(first, node, &job).await, Ran::Done);
        assert!(is_not_due(run(second, another, &job).await) && is_not_due(run(first, node, &job).await));
        assert_eq!(RUNS.load(Ordering::Relaxed), round + 1);
        site.advance(HOUR);
    }
}

#[async_test(worker_threads = 4)]
async fn nodes_that_look_at_the_same_moment_run_a_job_once() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let site = Site::new().await;
    for round in 1..=10 {
        let mut contenders = Vec::new();
        for _ in 0..4 {
            let node = site.another_node(&[]).await;
            contenders.push(tokio::spawn(async move {
                let job = hourly(|_| {
                    RUNS.fetch_add(1, Ordering::Relaxed);
                    Box::pin(ready(Ok(0)))
                });
                run(&node, NodeId::new(&node.app).unwrap(), &job).await
            }));
        }
        let mut done = 0;
        for contender in contenders {
            done += usize::from(contender.await.unwrap() == Ran::Done);
        }
        assert_eq!((done, RUNS.load(Ordering::Relaxed)), (1, round));
        site.advance(HOUR);
    }
}

#[async_test(worker_threads = 4)]
async fn another_node_takes_over_when_the_lease_of_a_dead_one_has_expired() {
    let site = Site::new().await;
    let other = site.another_node(&[]).await;
    let (node, another) = (NodeId::new(&site.app).unwrap(), NodeId::new(&other.app).unwrap());
    let dying = tokio::spawn({
        let site = site.clone();
        async move { run(&site, node, &hourly(|_| Box::pin(pending()))).await }
    });
    let job = hourly(|_| Box::pin(ready(Ok(1))));
    let lease = lease_of(&site, &job).await;
    assert!(is_not_due(run(&other, another, &job).await), "the first node is at it");
    dying.abort();
    assert!(dying.await.is_err());
    assert!(is_not_due(run(&other, another, &job).await), "its lease lasts");
    site.set_time(lease.lease_until);
    assert_eq!(run(&other, another, &job).await, Ran::Done);
    let lease = lease_of(&site, &job).await;
    assert_eq!((lease.last_run_at, lease.next_run_at), (Some(lease.lease_until), lease.lease_until.plus(HOUR)));
}

#[async_test]
async fn a_job_that_fails_or_panics_runs_again_at_its_next_time() {
    let site = Site::new().await;
    let node = NodeId::new(&site.app).unwrap();
    let failing: [JobWork; 2] =
        [|_| Box::pin(ready(Err(Error::System("no luck".to_owned())))), |_| Box::pin(async { panic!("out of luck") })];
    for work in failing {
        assert_eq!(run(&site, node, &hourly(work)).await, Ran::Failed);
        let good = hourly(|_| Box::pin(ready(Ok(0))));
        assert!(is_not_due(run(&site, node, &good).await));
        assert_eq!(lease_of(&site, &good).await.last_run_at, None);
        site.advance(HOUR);
    }
    assert_eq!(run(&site, node, &hourly(|_| Box::pin(ready(Ok(0))))).await, Ran::Done);
}

#[async_test(worker_threads = 4)]
async fn a_job_that_stalls_or_panics_does_not_stop_the_others() {
    static RUNS: Semaphore = Semaphore::const_new(0);
    static STALLED: [Job; 4] = [
        Job { name: "stalls", ..hourly(|_| Box::pin(pending())) },
        Job { name: "panics", ..hourly(|_| Box::pin(async { panic!("out of luck") })) },
        Job { schedule: Schedule::EachNode, ..hourly(|_| Box::pin(async { panic!("out of luck") })) },
        Job {
            name: "runs",
            ..hourly(|_| {
                RUNS.add_permits(1);
                Box::pin(ready(Ok(0)))
            })
        },
    ];
    let site = Site::new().await;
    let runner = Runner::start(&site.app, &STALLED).unwrap();
    RUNS.acquire().await.unwrap().forget();
    drop(runner);
}

#[async_test(worker_threads = 4)]
async fn a_run_in_progress_ends_before_the_process_does() {
    static BEGUN: Semaphore = Semaphore::const_new(0);
    static MAY_END: Semaphore = Semaphore::const_new(0);
    static SLOW: [Job; 1] = [hourly(|_| {
        Box::pin(async {
            BEGUN.add_permits(1);
            MAY_END.acquire().await.unwrap().forget();
            Ok(0)
        })
    })];
    let site = Site::new().await;
    let runner = Runner::start(&site.app, &SLOW).unwrap();
    BEGUN.acquire().await.unwrap().forget();
    let stop = tokio::spawn(runner.stop());
    MAY_END.add_permits(1);
    stop.await.unwrap();
    let lease = lease_of(&site, &SLOW[0]).await;
    assert_eq!((lease.last_run_at, lease.lease_until), (Some(site.app.clock.now()), site.app.clock.now()));
    assert_eq!(BEGUN.available_permits(), 0, "it began a second time");
}

#[async_test]
async fn every_job_runs_and_has_a_name_of_its_own() {
    let site = Site::new().await;
    let node = NodeId::new(&site.app).unwrap();
    let mut names: Vec<_> = JOBS.iter().map(|job| job.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), JOBS.len());
    for job in &JOBS {
        if let Schedule::OneNode(interval) = job.schedule {
            assert_eq!(run_if_due(&site.app, node, job, interval).await.unwrap(), Ran::Done, "{}", job.name);
        }
    }
}
