//! A hash pool that stays full for as long as a test needs it.
//!
//! The pool rejects every request that would hash a password with 503, so any other response proves that nothing was
//! hashed. Invariant: after [`FullPool::top_up`], both classes that answer requests are full by the pool's own count. The
//! work ahead takes much longer than one request. [`PATIENT`] must be among the site's settings.

use std::{future::poll_fn, pin::Pin, task::Poll, time::Duration};

use doorward_password::{HashPoolError, Password, Salt};

use super::Site;

/// Lets the queue grow to its limit, whatever wait is expected.
pub const PATIENT: (&str, &str) = ("hashing.max_wait", "1m");

/// A hash with the highest number of rounds that the limits allow: most of a second.
const SLOW: &str = "pbkdf2:sha256:10000000$salt$0000000000000000000000000000000000000000000000000000000000000000";
const CHEAP: &str = "pbkdf2:sha256:1$salt$0000000000000000000000000000000000000000000000000000000000000000";
/// The expected time of the slow jobs ahead of all others. A busy machine can take longer for a whole test, so a test tops
/// up before each request.
const AHEAD: Duration = Duration::from_secs(30);

type Job<'a> = Pin<Box<dyn Future<Output = Result<(), HashPoolError>> + Send + 'a>>;

/// The jobs that fill a pool. Dropping it removes them from the queue.
pub struct FullPool<'a> {
    site: &'a Site,
    jobs: Vec<Job<'a>>,
}

/// Fills the pool of `site` until it rejects logins and new passwords alike.
pub async fn fill(site: &Site) -> FullPool<'_> {
    let mut full = FullPool { site, jobs: Vec::new() };
    full.top_up().await;
    full
}

impl<'a> FullPool<'a> {
    /// Replaces the jobs that have ended since. Call it before each request that must be rejected.
    pub async fn top_up(&mut self) {
        let mut waiting = Vec::new();
        for mut job in self.jobs.drain(..) {
            if poll_fn(|context| Poll::Ready(job.as_mut().poll(context).is_pending())).await {
                waiting.push(job);
            }
        }
        self.jobs = waiting;
        let hasher = &self.site.app.hasher;
        let check = |stored| -> Job<'a> { Box::pin(async move { hasher.verify(Some(stored), any()).await.map(drop) }) };
        let set = || -> Job<'a> { Box::pin(async move { hasher.hash(any(), Salt([1; 16])).await.map(drop) }) };
        while hasher.state().expected_wait < AHEAD && self.enters(check(SLOW)).await {}
        while self.enters(check(CHEAP)).await {}
        while self.enters(set()).await {}
    }

    /// Returns whether the pool accepts the job.
    async fn enters(&mut self, mut job: Job<'a>) -> bool {
        match poll_fn(|context| Poll::Ready(job.as_mut().poll(context))).await {
            Poll::Pending => self.jobs.push(job),
            Poll::Ready(Err(HashPoolError::Overloaded(_))) => return false,
            Poll::Ready(other) => panic!("{other:?}"),
        }
        true
    }
}

fn any() -> Password {
    Password::new("any".to_owned())
}
