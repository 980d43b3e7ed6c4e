//! A hashing lane that is full for as long as a test wants it to be.
//!
//! Whatever would hash a password is then refused with 503, so that any other answer proves that nothing was hashed. It
//! knows nothing of requests. Invariant: the lane is full by its own count of waiting jobs, not by anybody's speed.

use std::{pin::Pin, task::Poll};

use doorward_password::{LaneError, Password, Verdict};

use crate::support::Site;

/// Takes the most rounds that a stored hash may ask for: most of a second.
const SLOW: &str = "pbkdf2:sha256:10000000$salt$0000000000000000000000000000000000000000000000000000000000000000";

type Job<'a> = Pin<Box<dyn Future<Output = Result<Verdict, LaneError>> + Send + 'a>>;

/// The jobs that fill the lane; they give up their places when this is dropped.
pub struct FullLane<'a>(#[expect(dead_code, reason = "held, not read")] Vec<Job<'a>>);

/// Fills the lane of `site` until it refuses.
pub async fn fill(site: &Site) -> FullLane<'_> {
    let mut jobs = Vec::new();
    loop {
        let mut job: Job<'_> = Box::pin(site.app.hasher.verify(Some(SLOW), Password::new("any".to_owned())));
        match std::future::poll_fn(|context| Poll::Ready(job.as_mut().poll(context))).await {
            Poll::Pending => jobs.push(job),
            Poll::Ready(Err(LaneError::Overloaded(_))) => return FullLane(jobs),
            Poll::Ready(other) => panic!("{other:?}"),
        }
    }
}
