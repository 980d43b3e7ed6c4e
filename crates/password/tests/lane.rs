//! The hashing lane: who is served, who is refused and when, and that whoever has gone costs nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::{
    num::NonZeroUsize,
    pin::Pin,
    task::Poll,
    time::{Duration, Instant},
};

use doorward_password::{
    Hasher, Lane, LaneError, LaneSize, Overloaded, Password, Salt, Settings, StoredHash, Unreadable, Verdict,
};

const CHEAP: Settings = Settings::Pbkdf2Sha256 { iterations: 1 };
/// Takes a second or more of a core, so that everything that a test does meanwhile happens while it runs.
const SLOW: Settings = Settings::Pbkdf2Sha256 { iterations: 10_000_000 };
const HOUR: Duration = Duration::from_secs(3600);

type Job<'a> = Pin<Box<dyn Future<Output = Result<String, LaneError>> + 'a>>;

fn size(threads: usize) -> LaneSize {
    LaneSize { threads: NonZeroUsize::new(threads).unwrap(), keep_kib: 64 }
}

fn job<'a>(lane: &'a Lane, settings: Settings, limit: Duration) -> Job<'a> {
    Box::pin(lane.hash(settings, Password::new("password".to_owned()), Salt([1; 16]), Instant::now() + limit))
}

/// Hands the job in; what the lane said at once, if it did.
async fn poll_once(job: &mut Job<'_>) -> Option<Result<String, LaneError>> {
    std::future::poll_fn(|context| {
        Poll::Ready(match job.as_mut().poll(context) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        })
    })
    .await
}

fn is_overloaded<T>(answer: &Result<T, LaneError>) -> bool {
    matches!(answer, Err(LaneError::Overloaded(Overloaded { retry_after })) if !retry_after.is_zero())
}

#[tokio::test]
async fn hashes_and_verifies_as_without_a_lane() {
    let lane = Lane::start(size(2)).unwrap();
    assert_eq!(lane.threads(), 2);
    let text = job(&lane, CHEAP, HOUR).await.unwrap();
    let stored = StoredHash::parse(&text).unwrap();
    for (password, fits) in [("password", true), ("Password", false)] {
        let password = Password::new(password.to_owned());
        assert_eq!(lane.verify(stored.clone(), password, Instant::now() + HOUR).await, Ok(fits));
    }
    // Settings that cannot be computed fail, and cost no thread.
    for _ in 0..10 {
        assert_eq!(job(&lane, Settings::Bcrypt { cost: 99 }, HOUR).await, Err(LaneError::Failed));
    }
    job(&lane, CHEAP, HOUR).await.unwrap();
}

#[tokio::test]
async fn jobs_whose_callers_have_gone_give_up_their_place_and_never_run() {
    let lane = Lane::start(size(1)).unwrap();
    let mut running = job(&lane, SLOW, HOUR);
    assert!(poll_once(&mut running).await.is_none());
    let mut waiting: Vec<_> = (0..1000).map(|_| job(&lane, SLOW, HOUR)).collect();
    for job in &mut waiting {
        assert!(poll_once(job).await.is_none());
    }
    // A thousand jobs ahead: some twenty seconds by the first estimate.
    let limit = Duration::from_secs(10);
    assert!(is_overloaded(&poll_once(&mut job(&lane, CHEAP, limit)).await.unwrap()));
    drop(waiting);
    let mut next = job(&lane, CHEAP, limit);
    assert!(poll_once(&mut next).await.is_none(), "the places were not given up");
    running.await.unwrap();
    // Had the thousand run, this would take the better part of an hour, and be too late.
    next.await.unwrap();
}

#[tokio::test]
async fn a_thread_passes_over_jobs_whose_callers_have_gone() {
    let lane = Lane::start(size(1)).unwrap();
    let mut running = job(&lane, SLOW, HOUR);
    assert!(poll_once(&mut running).await.is_none());
    let mut waiting: Vec<_> = (0..200).map(|_| job(&lane, SLOW, HOUR)).collect();
    for job in &mut waiting {
        assert!(poll_once(job).await.is_none());
    }
    drop(waiting);
    // Accepted by the first estimate, so that nothing has cleared the queue; run, the two hundred would take minutes.
    job(&lane, CHEAP, Duration::from_secs(30)).await.unwrap();
    running.await.unwrap();
}

#[tokio::test]
async fn a_job_that_could_not_be_done_in_time_is_refused_when_it_comes() {
    let lane = Lane::start(size(1)).unwrap();
    let mut running = job(&lane, SLOW, HOUR);
    assert!(poll_once(&mut running).await.is_none());
    assert!(is_overloaded(&poll_once(&mut job(&lane, CHEAP, Duration::from_millis(1))).await.unwrap()));
    running.await.unwrap();
}

#[tokio::test]
async fn a_job_whose_deadline_has_passed_is_not_started() {
    let lane = Lane::start(size(1)).unwrap();
    let mut running = job(&lane, SLOW, HOUR);
    assert!(poll_once(&mut running).await.is_none());
    // Accepted, since nobody knows yet how long the one before it takes.
    let mut late = job(&lane, SLOW, Duration::from_millis(200));
    assert!(poll_once(&mut late).await.is_none());
    running.await.unwrap();
    assert!(is_overloaded(&late.await));
}

/// A machine that was suspended, or one very costly hash, must not close the lane for good.
#[tokio::test]
async fn a_free_thread_always_takes_a_job() {
    let lane = Lane::start(size(1)).unwrap();
    let started = Instant::now();
    job(&lane, SLOW, HOUR).await.unwrap();
    // Half of what the estimate has become by that.
    let limit = started.elapsed() / 16;
    job(&lane, CHEAP, limit).await.unwrap();
}

#[tokio::test]
async fn a_full_queue_refuses_and_recovers() {
    let lane = Lane::start(size(1)).unwrap();
    let mut jobs: Vec<_> = (0..6000).map(|_| job(&lane, SLOW, HOUR)).collect();
    let mut refused = 0;
    for job in &mut jobs {
        refused += usize::from(poll_once(job).await.is_some_and(|answer| is_overloaded(&answer)));
    }
    assert!((1900..=1904).contains(&refused), "{refused} of 6000 were refused");
    drop(jobs);
    job(&lane, CHEAP, HOUR).await.unwrap();
}

#[tokio::test]
async fn deadlines_that_cannot_be_reckoned_do_no_harm() {
    let lane = Lane::start(size(1)).unwrap();
    let past = Instant::now();
    let password = || Password::new("password".to_owned());
    let late = lane.hash(CHEAP, password(), Salt([1; 16]), past).await;
    assert!(is_overloaded(&late), "{late:?}");
    job(&lane, CHEAP, HOUR * 24 * 365 * 100).await.unwrap();
}

/// How many threads of this process have this name.
#[cfg(target_os = "linux")]
fn threads_called(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread that ends between the list and the look has no name any more.
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|own| own.trim_end() == name).count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_lane_that_is_dropped_lets_its_threads_end() {
    // Lanes of other tests here have no twentieth thread.
    let name = "hash-19";
    let lane = Lane::start(size(20)).unwrap();
    job(&lane, CHEAP, HOUR).await.unwrap();
    while threads_called(name) == 0 {
        std::thread::yield_now();
    }
    drop(lane);
    while threads_called(name) > 0 {
        std::thread::yield_now();
    }
}

fn hasher() -> Hasher {
    Hasher::start(CHEAP, size(1), HOUR, (Salt([2; 16]), [3; 32])).unwrap()
}

#[tokio::test]
async fn the_hasher_tells_wrong_from_unreadable() {
    let hasher = hasher();
    let password = || Password::new("password".to_owned());
    let stored = hasher.hash(password(), Salt([1; 16])).await.unwrap();
    let verdict = async |stored: Option<&str>, password| hasher.verify(stored, password).await.unwrap();
    assert_eq!(verdict(Some(&stored), password()).await, Verdict::Fits);
    assert_eq!(verdict(Some(&stored), Password::new("another".to_owned())).await, Verdict::Differs);
    assert_eq!(verdict(None, password()).await, Verdict::Differs);
    for (stored, why) in [
        ("", Unreadable::Scheme),
        ("garbage", Unreadable::Scheme),
        ("$2b$04$short", Unreadable::Malformed),
        ("pbkdf2:sha256:10000001$salt$00", Unreadable::Cost),
    ] {
        assert_eq!(verdict(Some(stored), password()).await, Verdict::Unreadable(why), "{stored}");
    }
    assert!(Hasher::start(Settings::Bcrypt { cost: 16 }, size(1), HOUR, (Salt([2; 16]), [3; 32])).is_err());
}
