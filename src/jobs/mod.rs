//! Work in the background of `serve`: one table of jobs, and the runner that executes them.
//!
//! A new job is one entry of [`JOBS`]. Every job is idempotent, since a node may die after the work and before its record.
//! Invariant: a job with a lease runs on one node at a time, and a failure of one job does not stop another.

mod hash_pool_report;
mod job;
mod measure_database;
mod runner;

use std::time::Duration;

pub use self::{
    job::{Job, JobWork, Schedule},
    runner::{NodeId, Ran, Runner, run_if_due},
};
use crate::ops::{
    audit,
    auth::{throttle, upgrade_hash},
    idempotency,
    sessions::end,
};

/// The interval of jobs that remove expired rows.
const SWEEP: Duration = Duration::from_secs(3600);

/// All jobs.
pub const JOBS: [Job; 7] = [
    Job {
        name: "remove_expired_sessions",
        about: "expired sessions",
        schedule: Schedule::OneNode(SWEEP),
        work: |app| Box::pin(end::expired(app)),
    },
    Job {
        name: "remove_old_audit_events",
        about: "audit events beyond audit.retention",
        schedule: Schedule::OneNode(SWEEP),
        work: |app| Box::pin(audit::prune(app)),
    },
    Job {
        name: "remove_old_idempotency_keys",
        about: "idempotency keys older than a day",
        schedule: Schedule::OneNode(SWEEP),
        work: |app| Box::pin(idempotency::forget(app)),
    },
    Job {
        name: "remove_old_login_failures",
        about: "login failures that no longer count",
        schedule: Schedule::OneNode(SWEEP),
        work: |app| Box::pin(throttle::forget_old(app)),
    },
    // The passwords are in the memory of the node that verified them, so each node upgrades its own.
    Job {
        name: "upgrade_password_hashes",
        about: "weak password hashes",
        schedule: Schedule::EachNode,
        work: |app| Box::pin(upgrade_hash::perform_next(app)),
    },
    Job {
        name: "report_full_hash_pool",
        about: "the report of a full hash pool",
        schedule: Schedule::EachNode,
        work: |app| Box::pin(hash_pool_report::report(app)),
    },
    Job {
        name: "measure_database",
        about: "the measurement of the database",
        schedule: Schedule::EachNode,
        work: |app| Box::pin(measure_database::measure(app)),
    },
];
