//! The runner: one task for each job, so that a job that waits for its database delays no other.
//!
//! Invariants: a failure or a panic is logged once and ends only that run. A job with a lease is run only by the node that
//! took the lease, which renews it while the work lasts.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::job::{Job, Schedule};
use crate::{
    Error, Result,
    app::App,
    store::{Tx, job_leases},
};

/// The lease of a run. The holder renews it three times in this time.
const LEASE: Duration = Duration::from_secs(60);
/// The longest sleep between two looks at the table, in which the clock or another node may have changed the plan.
const POLL: Duration = Duration::from_secs(60);
/// The wait after the database could not be asked.
const RETRY: Duration = Duration::from_secs(5);
/// The shortest sleep, and the wait after a failure of a job without a lease.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest wait at shutdown for runs in progress.
const GRACE: Duration = Duration::from_secs(5);

/// A process, as the holder of leases. It is random, so that a restarted node is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId(i64);

impl NodeId {
    /// Draws the id of this process.
    ///
    /// # Errors
    /// Returns [`Error::System`] without random bits.
    pub fn new(app: &App) -> Result<Self> {
        Ok(Self(i64::from_le_bytes(app.rng.bytes()?)))
    }
}

/// The outcome of [`run_if_due`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    Done,
    /// The work failed or panicked. Its next run is planned as after a success.
    Failed,
    /// The job is not due, or another node has the lease. It may be taken after this time.
    NotDue(Duration),
}

/// The running jobs of this process.
pub struct Runner {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Runner {
    /// Starts the jobs.
    ///
    /// # Errors
    /// Returns [`Error::System`] without random bits.
    pub fn start(app: &Arc<App>, jobs: &'static [Job]) -> Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let node = NodeId::new(app)?;
        let mut tasks = JoinSet::new();
        for job in jobs {
            tasks.spawn(keep_running(Arc::clone(app), node, job, stopped.clone()));
        }
        Ok(Self { tasks, stop })
    }

    /// Ends the jobs: no run begins, and runs in progress have some seconds to end. A run that is cut off keeps its lease
    /// until that expires.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let all_ended = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(GRACE, all_ended).await.is_err() {
            tracing::warn!("stopping: a job did not end in time");
        }
    }
}

/// Runs a job again and again until the process stops.
async fn keep_running(app: Arc<App>, node: NodeId, job: &'static Job, mut stopped: watch::Receiver<bool>) {
    let mut logged = String::new();
    while !*stopped.borrow() {
        let pause = match job.schedule {
            Schedule::OneNode(interval) => match run_if_due(&app, node, job, interval).await {
                Ok(Ran::NotDue(wait)) => wait.clamp(PAUSE, POLL),
                Ok(Ran::Done | Ran::Failed) => PAUSE,
                // The health check and the requests report an unavailable database.
                Err(error) => {
                    tracing::debug!(job = job.name, %error, "a job could not be planned; retrying");
                    RETRY
                }
            },
            Schedule::EachNode => tokio::select! {
                outcome = guarded(&app, job) => {
                    app.metrics.count_job(job.name, outcome.is_ok());
                    note(job, outcome, &mut logged)
                }
                _ = stopped.changed() => return,
            },
        };
        tokio::select! {
            () = sleep(pause) => {}
            _ = stopped.changed() => {}
        }
    }
}

/// Logs a failure of a job without a lease, unless it is the one that was logged last. Returns the wait before the next run.
fn note(job: &Job, outcome: Result<u64>, logged: &mut String) -> Duration {
    match outcome {
        Ok(_) => {
            logged.clear();
            Duration::ZERO
        }
        Err(error) => {
            let text = error.to_string();
            if *logged != text {
                tracing::warn!(job = job.name, %error, "{} failed", job.about);
                *logged = text;
            }
            PAUSE
        }
    }
}

/// Runs a job if its time has come and no other node has its lease. After a success and after a failure, the next run is
/// one interval later.
///
/// # Errors
/// Returns an error if the database fails to take or return the lease.
pub async fn run_if_due(app: &App, node: NodeId, job: &Job, interval: Duration) -> Result<Ran> {
    if !app.db.is_schema_ready() {
        return Ok(Ran::NotDue(PAUSE));
    }
    let now = app.clock.now();
    // Most checks find no work, and then need no transaction.
    let free_at = job_leases::find(&mut app.db.read().await?, job.name).await?.map(|lease| lease.free_at());
    if let Some(free_at) = free_at.filter(|free_at| *free_at > now) {
        return Ok(Ran::NotDue(Duration::from_millis(u64::try_from(free_at.0 - now.0).unwrap_or(0))));
    }
    let is_taken = app
        .db
        .write(async |mut tx: Tx| {
            let is_taken = job_leases::take(&mut tx, job.name, node.0, now, now.plus(LEASE)).await?;
            tx.commit(is_taken).await
        })
        .await?;
    if !is_taken {
        return Ok(Ran::NotDue(LEASE));
    }
    let outcome = tokio::select! {
        outcome = guarded(app, job) => outcome,
        error = keep_lease(app, node, job) => Err(error),
    };
    app.metrics.count_job(job.name, outcome.is_ok());
    log(job, &outcome);
    let succeeded = outcome.is_ok();
    let now = app.clock.now();
    app.db
        .write(async |mut tx: Tx| {
            job_leases::finish(&mut tx, job.name, node.0, (now, succeeded), now.plus(interval)).await?;
            tx.commit(()).await
        })
        .await?;
    Ok(if succeeded { Ran::Done } else { Ran::Failed })
}

/// Does the work. A panic becomes an error, so it ends only this run.
async fn guarded(app: &App, job: &Job) -> Result<u64> {
    let mut work = (job.work)(app);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(poll) => poll,
        Err(_panic) => Poll::Ready(Err(Error::System("the job panicked".to_owned()))),
    })
    .await
}

/// Renews the lease until it is lost.
async fn keep_lease(app: &App, node: NodeId, job: &Job) -> Error {
    loop {
        sleep(LEASE / 3).await;
        let until = app.clock.now().plus(LEASE);
        let renewed = app
            .db
            .write(async |mut tx: Tx| {
                let is_ours = job_leases::renew(&mut tx, job.name, node.0, until).await?;
                tx.commit(is_ours).await
            })
            .await;
        match renewed {
            Ok(true) => {}
            Ok(false) => return Error::Conflict("another node took the lease".to_owned()),
            // The work has the same failure, and reports it.
            Err(error) => tracing::debug!(job = job.name, %error, "a lease could not be renewed"),
        }
    }
}

fn log(job: &Job, outcome: &Result<u64>) {
    match outcome {
        Ok(0) => {}
        Ok(removed) => tracing::info!(job = job.name, removed, "{} removed", job.about),
        Err(error) => tracing::warn!(job = job.name, %error, "{} could not be removed", job.about),
    }
}
