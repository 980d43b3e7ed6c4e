//! E14 of threats.md: a login concurrent with a password change, or with disabling or deleting its account.
//!
//! The tests hold the login's first draw of randomness, which comes between the check of the password and the start of the
//! session. Invariant: once the change is acknowledged, no session exists that was opened with the former credentials.

use doorward_test_macros::async_test;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use doorward::{
    model::{Rng, UserId},
    ops::accounts::{
        change_password::{self, NewPassword},
        delete, disable,
    },
};
use doorward_password::Password;

use crate::support::{Reply, Site, site::password_of};

/// Long enough for any machine. It elapses only if the login never draws randomness.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Control of a held source of randomness.
pub struct Hold {
    pub is_armed: Arc<AtomicBool>,
    pub is_reached: mpsc::Receiver<()>,
    pub go: mpsc::Sender<()>,
}

/// Returns a source of randomness whose next draw after arming waits for `go`.
pub fn held_rng() -> (Rng, Hold) {
    let (is_armed, (reached, is_reached), (go, wait)) =
        (Arc::new(AtomicBool::new(false)), mpsc::channel(), mpsc::channel());
    let (armed, wait, system) = (Arc::clone(&is_armed), Mutex::new(wait), Rng::system());
    let rng = Rng::from_fn(move |bytes| {
        if armed.swap(false, Ordering::SeqCst) {
            reached.send(()).unwrap();
            wait.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        }
        for byte in bytes {
            [*byte] = system.bytes()?;
        }
        Ok(())
    });
    (rng, Hold { is_armed, is_reached, go })
}

/// Starts ann's login, runs `meanwhile` on another node once the password has been checked, and lets the login finish.
///
/// The login has its own runtime, like a separate process, so that holding it blocks nothing else.
async fn log_in_around<T>(meanwhile: impl AsyncFnOnce(&Site) -> T) -> (Site, Reply, T) {
    let node = Site::new().await;
    node.create("ann", "user").await;
    let (rng, hold) = held_rng();
    let (database, is_armed) = (node.database.clone(), hold.is_armed);
    let login = std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let site = Site::builder().rng(rng).database(database).start().await;
            is_armed.store(true, Ordering::SeqCst);
            site.anon().log_in("ann", &password_of("ann")).await
        })
    });
    hold.is_reached.recv_timeout(PATIENCE).unwrap();
    let outcome = meanwhile(&node).await;
    hold.go.send(()).unwrap();
    (node, login.join().unwrap(), outcome)
}

async fn assert_refused(site: &Site, reply: &Reply) {
    assert_eq!(reply.status, 401, "{}", reply.text());
    assert!(reply.set_cookie().is_none());
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
}

#[async_test(worker_threads = 4)]
async fn a_login_checked_before_a_password_change_starts_no_session_after_it() {
    let change = async |node: &Site| {
        change_password::as_operator(&node.app, UserId(1), NewPassword::of_operator(Password::new("new".into()))).await
    };
    let (site, reply, outcome) = log_in_around(change).await;
    assert!(matches!(outcome, Ok(Ok(0))));
    assert_refused(&site, &reply).await;
}

// Setting the same password again is also a change.
#[async_test(worker_threads = 4)]
async fn a_login_checked_before_the_same_password_is_set_again_starts_no_session_after_it() {
    let change = async |node: &Site| {
        change_password::as_operator(&node.app, UserId(1), NewPassword::of_operator(Password::new(password_of("ann"))))
            .await
    };
    let (site, reply, outcome) = log_in_around(change).await;
    assert!(matches!(outcome, Ok(Ok(0))));
    assert_refused(&site, &reply).await;
}

#[async_test(worker_threads = 4)]
async fn a_login_checked_before_the_account_is_disabled_starts_no_session_after_it() {
    let disable = async |node: &Site| disable::disable_as_operator(&node.app, UserId(1)).await;
    let (site, reply, outcome) = log_in_around(disable).await;
    assert!(matches!(outcome, Ok(Ok(0))));
    assert_refused(&site, &reply).await;
}

#[async_test(worker_threads = 4)]
async fn a_login_checked_before_the_account_is_deleted_starts_no_session_after_it() {
    let delete = async |node: &Site| delete::as_operator(&node.app, UserId(1)).await;
    let (site, reply, outcome) = log_in_around(delete).await;
    assert!(matches!(outcome, Ok(Ok(()))));
    assert_refused(&site, &reply).await;
}

// Control: without a concurrent change, the login succeeds.
#[async_test(worker_threads = 4)]
async fn a_login_without_a_concurrent_event_succeeds() {
    let (site, reply, ()) = log_in_around(async |_: &Site| ()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "1");
}
