//! A job as data: its name, its schedule and its work.

use std::{pin::Pin, time::Duration};

use crate::{Result, app::App};

/// The work of a job. Returns the number of rows that it removed or changed.
pub type JobWork = for<'a> fn(&'a App) -> Pin<Box<dyn Future<Output = Result<u64>> + Send + 'a>>;

/// The schedule of a job.
#[derive(Debug, Clone, Copy)]
pub enum Schedule {
    /// On one node at a time, at this interval.
    OneNode(Duration),
    /// On each node without pause. The work itself waits until it has something to do in this process.
    EachNode,
}

/// A job.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    /// Its name in `dw_jobs` and in the log.
    pub name: &'static str,
    /// The subject of its log lines.
    pub about: &'static str,
    pub schedule: Schedule,
    pub work: JobWork,
}
