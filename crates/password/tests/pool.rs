//! The hash pool: which jobs run, which are rejected and when, and that jobs without a caller cost nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::{
    num::NonZeroUsize,
    pin::Pin,
    task::Poll,
    time::{Duration, Instant},
};

use doorward_password::{
    HashPool, HashPoolError, HashPoolSize, Hasher, Overloaded, Password, Salt, Settings, StoredHash, Unreadable,
    Verification,
};

const CHEAP: Settings = Settings::Pbkdf2Sha256 { iterations: 1 };
/// Needs a second or more of a core, so that a test can act while it runs.
const SLOW: Settings = Settings::Pbkdf2Sha256 { iterations: 10_000_000 };
/// Longer than any queue in these tests.
const AGES: Duration = Duration::from_secs(365 * 24 * 3600);

type Job<'a> = Pin<Box<dyn Future<Output = Result<String, HashPoolError>> + 'a>>;

fn size(threads: usize) -> HashPoolSize {
    HashPoolSize { threads: NonZeroUsize::new(threads).unwrap(), keep_kib: 64 }
}

fn job<'a>(pool: &'a HashPool, settings: Settings, limit: Duration) -> Job<'a> {
    Box::pin(pool.hash(settings, Password::new("password".to_owned()), Salt([1; 16]), Instant::now() + limit))
}

/// Submits the job; returns the pool's answer if it was immediate.
async fn poll_once(job: &mut Job<'_>) -> Option<Result<String, HashPoolError>> {
    std::future::poll_fn(|context| {
        Poll::Ready(match job.as_mut().poll(context) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        })
    })
    .await
}

/// Submits a slow job and waits until the pool's only thread computes it.
async fn occupy(pool: &HashPool) -> Job<'_> {
    let mut running = job(pool, SLOW, AGES);
    assert!(poll_once(&mut running).await.is_none());
    while pool.state().in_flight == 0 {
        std::thread::yield_now();
    }
    running
}

fn is_overloaded<T>(answer: &Result<T, HashPoolError>) -> bool {
    matches!(answer, Err(HashPoolError::Overloaded(Overloaded { retry_after })) if !retry_after.is_zero())
}

#[tokio::test]
async fn the_pool_hashes_and_verifies_passwords() {
    let pool = HashPool::start(size(2)).unwrap();
    assert_eq!(pool.threads(), 2);
    let text = job(&pool, CHEAP, AGES).await.unwrap();
    let stored = StoredHash::parse(&text).unwrap();
    for (password, fits) in [("password", true), ("Password", false)] {
        let password = Password::new(password.to_owned());
        assert_eq!(pool.verify(stored.clone(), password, Instant::now() + AGES).await, Ok(fits));
    }
    // Settings that cannot be computed fail, and cost no thread.
    for _ in 0..10 {
        assert_eq!(job(&pool, Settings::Bcrypt { cost: 99 }, AGES).await, Err(HashPoolError::Failed));
    }
    job(&pool, CHEAP, AGES).await.unwrap();
}

#[tokio::test]
async fn abandoned_jobs_free_their_places_and_never_run() {
    let pool = HashPool::start(size(1)).unwrap();
    let running = occupy(&pool).await;
    let mut waiting: Vec<_> = (0..1000).map(|_| job(&pool, SLOW, AGES)).collect();
    for job in &mut waiting {
        assert!(poll_once(job).await.is_none());
    }
    // A thousand jobs ahead need nearly an hour.
    let limit = Duration::from_secs(60);
    assert!(is_overloaded(&poll_once(&mut job(&pool, CHEAP, limit)).await.unwrap()));
    drop(waiting);
    assert_eq!((pool.state().waiting.setting, pool.state().counts.abandoned), (0, 1000));
    let mut next = job(&pool, CHEAP, limit);
    assert!(poll_once(&mut next).await.is_none(), "the places were not given up");
    running.await.unwrap();
    // If the thousand jobs ran, this one would be nearly an hour late.
    next.await.unwrap();
}

#[tokio::test]
async fn a_thread_skips_abandoned_jobs() {
    let pool = HashPool::start(size(1)).unwrap();
    let running = occupy(&pool).await;
    let mut waiting: Vec<_> = (0..200).map(|_| job(&pool, SLOW, AGES)).collect();
    for job in &mut waiting {
        assert!(poll_once(job).await.is_none());
    }
    drop(waiting);
    // If they ran, the two hundred jobs would need minutes.
    job(&pool, CHEAP, Duration::from_secs(60)).await.unwrap();
    running.await.unwrap();
}

#[tokio::test]
async fn a_job_that_would_be_late_is_refused_on_arrival() {
    let pool = HashPool::start(size(1)).unwrap();
    let running = occupy(&pool).await;
    assert!(is_overloaded(&poll_once(&mut job(&pool, CHEAP, Duration::from_millis(1))).await.unwrap()));
    running.await.unwrap();
}

/// An upgrade is accepted; logins that arrive later run first.
#[tokio::test]
async fn a_job_whose_deadline_has_passed_is_not_started() {
    let pool = HashPool::start(size(1)).unwrap();
    let mut running = occupy(&pool).await;
    let deadline = Instant::now() + pool.state().expected_wait * 2;
    let mut late: Job<'_> =
        Box::pin(pool.upgrade(CHEAP, Password::new("password".to_owned()), Salt([1; 16]), deadline));
    assert!(poll_once(&mut late).await.is_none());
    // However fast the machine became since, the thread is never free before the deadline.
    let mut others = 0;
    while Instant::now() <= deadline {
        let mut next = job(&pool, SLOW, AGES);
        assert!(poll_once(&mut next).await.is_none());
        std::mem::replace(&mut running, next).await.unwrap();
        others += 1;
    }
    running.await.unwrap();
    assert!(is_overloaded(&late.await));
    assert_eq!((pool.state().counts.expired, pool.state().counts.done), (1, others + 1));
}

/// A suspended machine, or one very costly hash, must not block the pool permanently.
#[tokio::test]
async fn a_free_thread_always_takes_a_job() {
    let pool = HashPool::start(size(1)).unwrap();
    let started = Instant::now();
    job(&pool, SLOW, AGES).await.unwrap();
    // Less than the learned time of such a job.
    let limit = started.elapsed() / 2;
    job(&pool, SLOW, limit).await.unwrap();
}

#[tokio::test]
async fn a_full_queue_refuses_and_recovers() {
    let pool = HashPool::start(size(1)).unwrap();
    let mut jobs: Vec<_> = (0..6000).map(|_| job(&pool, SLOW, AGES)).collect();
    let mut refused = 0;
    for job in &mut jobs {
        refused += usize::from(poll_once(job).await.is_some_and(|answer| is_overloaded(&answer)));
    }
    assert!((1900..=1904).contains(&refused), "{refused} of 6000 were refused");
    drop(jobs);
    job(&pool, CHEAP, AGES).await.unwrap();
}

#[tokio::test]
async fn extreme_deadlines_do_no_harm() {
    let pool = HashPool::start(size(1)).unwrap();
    let past = Instant::now();
    let password = || Password::new("password".to_owned());
    let late = pool.hash(CHEAP, password(), Salt([1; 16]), past).await;
    assert!(is_overloaded(&late), "{late:?}");
    job(&pool, CHEAP, AGES * 100).await.unwrap();
}

/// Counts the threads of this process with this name.
#[cfg(target_os = "linux")]
fn threads_called(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread that ends after the listing has no readable name.
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|own| own.trim_end() == name).count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_threads_of_a_dropped_pool_end() {
    // Pools of other tests have no twentieth thread.
    let name = "hash-19";
    let pool = HashPool::start(size(20)).unwrap();
    job(&pool, CHEAP, AGES).await.unwrap();
    while threads_called(name) == 0 {
        std::thread::yield_now();
    }
    drop(pool);
    while threads_called(name) > 0 {
        std::thread::yield_now();
    }
}

/// The only thread is never idle while the test shows that a flood of sign-ups cannot starve a login, and vice versa.
#[tokio::test]
async fn a_flood_of_one_class_does_not_delay_the_other() {
    let pool = HashPool::start(size(1)).unwrap();
    let stored = StoredHash::parse(&job(&pool, SLOW, AGES).await.unwrap()).unwrap();
    let mut flood: Vec<_> = (0..1000).map(|_| job(&pool, SLOW, AGES)).collect();
    for job in &mut flood {
        assert!(poll_once(job).await.is_none());
    }
    assert_eq!(pool.verify(stored, Password::new("password".to_owned()), Instant::now() + AGES).await, Ok(true));
    assert!(pool.state().waiting.setting > 990, "the login waited for the flood");
}

/// Stored hashes that need all the allowed memory take turns, and current hashes continue after them.
#[tokio::test]
async fn large_hashes_wait_for_each_others_memory() {
    let pool = HashPool::start(size(4)).unwrap();
    let large = "$argon2id$v=19$m=262144,t=1,p=1$c2FsdHNhbHRzYWx0$dGFndGFndGFndGFndGFndGFndGFndGFndGFndGFndGE";
    let large = StoredHash::parse(large).unwrap();
    let password = || Password::new("password".to_owned());
    let mut jobs: Vec<_> =
        (0..6).map(|_| Box::pin(pool.verify(large.clone(), password(), Instant::now() + AGES))).collect();
    for job in &mut jobs {
        let polled = std::future::poll_fn(|context| Poll::Ready(job.as_mut().poll(context))).await;
        assert!(polled.is_pending());
    }
    for job in jobs {
        assert_eq!(job.await, Ok(false));
        assert!(pool.state().in_flight <= 1, "two of them exceed the memory ceiling");
    }
    job(&pool, CHEAP, AGES).await.unwrap();
    let state = pool.state();
    assert_eq!(
        state.schemes.iter().map(|time| (time.scheme, time.count)).collect::<Vec<_>>(),
        [("argon2id", 6), ("werkzeug-pbkdf2-sha256", 1)]
    );
    assert!(state.schemes.iter().all(|time| time.seconds > 0.0));
}

/// An upgrade hashes the whole password in NFC form; a hash for legacy software uses the bytes as received.
#[tokio::test]
async fn the_hasher_upgrades_hashes_and_writes_legacy_ones() {
    let hasher = hasher();
    assert_eq!(hasher.settings(), CHEAP);
    let (decomposed, composed) = ("re\u{301}sume\u{301}", "r\u{e9}sum\u{e9}");
    let password = |text: &str| Password::new(text.to_owned());
    let upgraded = hasher.upgrade(password(decomposed), Salt([1; 16])).await.unwrap();
    assert_eq!(upgraded, hasher.hash(password(composed), Salt([1; 16])).await.unwrap());
    let other = Settings::Pbkdf2Sha256 { iterations: 2 };
    let received = hasher.hash_as_received(other, password(decomposed), Salt([1; 16])).await.unwrap();
    assert_ne!(received, hasher.hash_as_received(other, password(composed), Salt([1; 16])).await.unwrap());
    assert_eq!(hasher.verify(Some(&received), password(decomposed)).await, Ok(Verification::Fits));
    assert!(received.starts_with("pbkdf2:sha256:2$"));
    let weaker = Hasher::start(other, size(1), AGES, (Salt([2; 16]), [3; 32])).unwrap();
    assert!(weaker.is_weaker(&upgraded, &password(composed)));
    assert!(!hasher.is_weaker(&received, &password(composed)));
    assert!(!hasher.is_weaker("garbage", &password(composed)));
    assert_eq!(hasher.state().counts.done, 5);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn hashing_threads_have_a_lower_priority() {
    let pool = HashPool::start(size(18)).unwrap();
    job(&pool, CHEAP, AGES).await.unwrap();
    let niceness =
        |stat: &str| -> i32 { stat.rsplit_once(") ").unwrap().1.split(' ').nth(16).unwrap().parse().unwrap() };
    let own = niceness(&std::fs::read_to_string("/proc/thread-self/stat").unwrap());
    // Pools of other tests have no eighteenth thread.
    let has_stepped_back = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let mut stats = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("stat")).ok());
        stats.any(|stat| stat.contains("(hash-17)") && niceness(&stat) > own)
    };
    while !has_stepped_back() {
        std::thread::yield_now();
    }
}

fn hasher() -> Hasher {
    Hasher::start(CHEAP, size(1), AGES, (Salt([2; 16]), [3; 32])).unwrap()
}

#[tokio::test]
async fn the_hasher_distinguishes_wrong_from_unreadable() {
    let hasher = hasher();
    let password = || Password::new("password".to_owned());
    let stored = hasher.hash(password(), Salt([1; 16])).await.unwrap();
    let verdict = async |stored: Option<&str>, password| hasher.verify(stored, password).await.unwrap();
    assert_eq!(verdict(Some(&stored), password()).await, Verification::Fits);
    assert_eq!(verdict(Some(&stored), Password::new("another".to_owned())).await, Verification::Differs);
    assert_eq!(verdict(None, password()).await, Verification::Differs);
    for (stored, why) in [
        ("", Unreadable::Scheme),
        ("garbage", Unreadable::Scheme),
        ("$2b$04$short", Unreadable::Malformed),
        ("pbkdf2:sha256:10000001$salt$00", Unreadable::Cost),
    ] {
        assert_eq!(verdict(Some(stored), password()).await, Verification::Unreadable(why), "{stored}");
    }
    assert!(Hasher::start(Settings::Bcrypt { cost: 16 }, size(1), AGES, (Salt([2; 16]), [3; 32])).is_err());
}
