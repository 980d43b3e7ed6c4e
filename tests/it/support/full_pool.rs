//! A hashing lane that is full for as long as a test wants it to be.
//!
//! Whatever would hash a password is then refused with 503, so that any other answer proves that nothing was hashed. It
//! knows nothing of requests. Invariant: the lane is full by its own count of waiting jobs, of both classes that answer
//! requests, not by anybody's speed; [`PATIENT`] has to be among the site's settings.

use std::{pin::Pin, task::Poll, time::Duration};

use doorward_password::{HashPoolError, Password, Salt};

use super::Site;

/// Lets the queue be as long as its limit, whatever is expected of it.
pub const PATIENT: (&str, &str) = ("hashing.max_wait", "1m");

/// Takes the most rounds that a stored hash may ask for: most of a second.
const SLOW: &str = "pbkdf2:sha256:10000000$salt$0000000000000000000000000000000000000000000000000000000000000000";
const CHEAP: &str = "pbkdf2:sha256:1$salt$0000000000000000000000000000000000000000000000000000000000000000";
/// So much work of the slow ones goes first, and holds the rest up for longer than any test takes, also on a machine that
/// is so busy that a test takes long: the lane, whose threads give way to others, is slower there too.
const AHEAD: Duration = Duration::from_secs(30);

type Job<'a> = Pin<Box<dyn Future<Output = Result<(), HashPoolError>> + Send + 'a>>;

/// The jobs that fill the lane; they give up their places when this is dropped.
pub struct FullLane<'a>(#[expect(dead_code, reason = "held, not read")] Vec<Job<'a>>);

/// Fills the lane of `site` until it refuses logins and new passwords alike.
pub async fn fill(site: &Site) -> FullLane<'_> {
    let check =
        |stored| -> Job<'_> { Box::pin(async move { site.app.hasher.verify(Some(stored), any()).await.map(drop) }) };
    let set = || -> Job<'_> { Box::pin(async { site.app.hasher.hash(any(), Salt([1; 16])).await.map(drop) }) };
    let mut jobs = Vec::new();
    while site.app.hasher.state().expected_wait < AHEAD {
        assert!(enters(check(SLOW), &mut jobs).await, "the site is not patient enough");
    }
    while enters(check(CHEAP), &mut jobs).await {}
    while enters(set(), &mut jobs).await {}
    FullLane(jobs)
}

fn any() -> Password {
    Password::new("any".to_owned())
}

/// Whether the lane takes the job.
async fn enters<'a>(mut job: Job<'a>, jobs: &mut Vec<Job<'a>>) -> bool {
    match std::future::poll_fn(|context| Poll::Ready(job.as_mut().poll(context))).await {
        Poll::Pending => jobs.push(job),
        Poll::Ready(Err(HashPoolError::Overloaded(_))) => return false,
        Poll::Ready(other) => panic!("{other:?}"),
    }
    true
}
