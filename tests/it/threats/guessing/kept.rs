//! Stored failures: they contain no name, they are removed after a day, and disconnecting does not avoid them.
//!
//! Invariant: an attempt is counted in the database before its answer is known.

use super::*;
use doorward_test_macros::async_test;

/// A typed name may be a password in the wrong field.
#[async_test]
async fn an_unknown_name_is_stored_as_a_keyed_digest() {
    let site = Site::new().await;
    for _ in 0..6 {
        site.anon().log_in("hunter2", "wrong").await;
    }
    assert_eq!(rows(&site).await, "1");
    let all = format!("{:?}", site.database.rows("SELECT * FROM dw_login_failures").await);
    let unkeyed = <sha2::Sha256 as sha2::Digest>::digest(b"hunter2");
    let unkeyed: String = unkeyed.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!all.contains("hunter2") && !all.contains(&unkeyed), "{all}");
    let [row] = &events(&site, "authn_login_fail_max").await[..] else { panic!() };
    assert_eq!(row[2], "NULL");
    // Another installation uses another key.
    let failure_key = "SELECT HEX(failure_key) FROM dw_login_failures";
    let other = Site::new().await;
    other.anon().log_in("hunter2", "wrong").await;
    assert_ne!(site.database.value(failure_key).await, other.database.value(failure_key).await);
}

// D10: rows of accounts and of unknown names are kept for a day.
#[async_test]
async fn expired_failures_are_removed() {
    let site = Site::new().await;
    let ann = site.create("ann", "user").await;
    for number in 0..700 {
        let at = START.0 - 86_400_000 - i64::from(number);
        site.database.insert_failure_of_unknown(number, at).await;
    }
    site.database.set_failures(UserId(ann), 100, START.0 - 86_399_000).await;
    // A row that is exactly a day old stays until the next sweep.
    assert_eq!(throttle::forget_old(&site.app).await.unwrap(), 699);
    site.advance(Duration::from_millis(1));
    assert_eq!(throttle::forget_old(&site.app).await.unwrap(), 1);
    assert_eq!(rows(&site).await, "1");
    site.anon().log_in("ann", &password_of("ann")).await.assert_throttled();
}

// C11: counters of failures are not inherited.
#[async_test]
async fn a_deleted_account_leaves_no_failures_for_its_name() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    site.create("ann", "user").await;
    let id = site.id_of("ann").await;
    for _ in 0..6 {
        site.anon().log_in("ann", "wrong").await;
    }
    assert_eq!(rows(&site).await, "1");
    assert_eq!(root.delete(&format!("/user/{id}")).await.status, 200);
    assert_eq!(rows(&site).await, "0");
    assert_eq!(site.anon().log_in("ann", "wrong").await.status, 401);
    site.create("ann", "user").await;
    for _ in 0..4 {
        assert_eq!(site.anon().log_in("ann", "wrong").await.status, 401);
    }
    assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200);
}

/// Disconnecting does not avoid the count.
#[async_test]
async fn a_login_is_counted_when_the_client_disconnects() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    // Takes the most rounds that a stored hash may ask for.
    let slow = "pbkdf2:sha256:10000000$salt$0000000000000000000000000000000000000000000000000000000000000000";
    site.database.set_password_hash("ann", slow).await;
    let mut client = site.anon();
    let login = tokio::spawn(async move { client.log_in("ann", "wrong").await });
    while rows(&site).await == "0" {
        tokio::task::yield_now().await;
    }
    login.abort();
    assert!(login.await.is_err() || hashed(&site) > 1);
    assert_eq!(rows(&site).await, "1");
}

/// The first delay is always recorded, whatever the result of its attempt.
#[async_test]
async fn the_first_delay_is_recorded_for_disabled_accounts_and_disconnected_clients() {
    let site = Site::new().await;
    for name in ["shut", "slow"] {
        site.create(name, "user").await;
        for _ in 0..4 {
            assert_eq!(site.anon().log_in(name, "wrong").await.status, 401);
        }
    }
    site.disable("shut").await;
    assert_eq!(events(&site, "authn_login_fail_max").await.len(), 0);
    // The password is right, but the account is disabled.
    assert_eq!(site.anon().log_in("shut", &password_of("shut")).await.status, 401);
    let expected = ["success", "too_many_failures", "shut"];
    let [row] = &events(&site, "authn_login_fail_max").await[..] else { panic!() };
    assert_eq!(row[..3], expected);
    // Takes the most rounds that a stored hash may ask for.
    let slow = "pbkdf2:sha256:10000000$salt$0000000000000000000000000000000000000000000000000000000000000000";
    site.database.set_password_hash("slow", slow).await;
    let mut client = site.anon();
    let login = tokio::spawn(async move { client.log_in("slow", "wrong").await });
    while events(&site, "authn_login_fail_max").await.len() < 2 {
        assert!(!login.is_finished(), "the answer was there before the event");
        tokio::task::yield_now().await;
    }
    login.abort();
}
