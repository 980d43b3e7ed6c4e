//! What is kept of failures, and for how long: nothing that tells a name, no row for ever, and no failure is forgotten by
//! hanging up.
//!
//! Invariant: what a try has cost is in the database before its answer is known.

use super::*;
use doorward_test_macros::async_test;

/// What was typed as a name may be a password in the wrong field.
#[async_test]
async fn a_name_that_nobody_has_is_kept_under_a_key() {
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
    // Another installation has another key.
    let failure_key = "SELECT HEX(budget) FROM dw_login_failures";
    let other = Site::new().await;
    other.anon().log_in("hunter2", "wrong").await;
    assert_ne!(site.database.value(failure_key).await, other.database.value(failure_key).await);
}

// D10: rows of accounts and of names last a day, whatever names are tried.
#[async_test]
async fn what_counts_no_more_is_removed() {
    let site = Site::new().await;
    let ann = site.create("ann", "user").await;
    for number in 0..700 {
        let at = START.0 - 86_400_000 - number;
        let sql = "INSERT INTO dw_login_failures (budget, failures, delays, recent, last_failed_at)";
        let failure_key = format!("{number:064x}");
        site.database.execute(&format!("{sql} VALUES (X'{failure_key}', 1, 0, X'{at:016x}', {at})")).await;
    }
    site.set_failures(UserId(ann), 100, START.0 - 86_399_000).await;
    // The one that is a day old to the millisecond stays until the next sweep.
    assert_eq!(throttle::forget_old(&site.app).await.unwrap(), 699);
    site.advance(Duration::from_millis(1));
    assert_eq!(throttle::forget_old(&site.app).await.unwrap(), 1);
    assert_eq!(rows(&site).await, "1");
    site.anon().log_in("ann", &password_of("ann")).await.assert_throttled();
}

// C11: counters of failures are not inherited.
#[async_test]
async fn a_deleted_account_leaves_no_row_and_its_name_starts_afresh() {
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

/// Somebody who hangs up has had their try.
#[async_test]
async fn whoever_hangs_up_is_counted() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    // Takes the most rounds that a stored hash may ask for.
    let slow = "pbkdf2:sha256:10000000$salt$0000000000000000000000000000000000000000000000000000000000000000";
    site.database.execute(&format!("UPDATE dw_users SET password_hash = '{slow}'")).await;
    let mut client = site.anon();
    let login = tokio::spawn(async move { client.log_in("ann", "wrong").await });
    while rows(&site).await == "0" {
        tokio::task::yield_now().await;
    }
    login.abort();
    assert!(login.await.is_err() || hashed(&site) > 1);
    assert_eq!(rows(&site).await, "1");
}

/// Delays do not begin without a trace, whatever became of the try with which they do.
#[async_test]
async fn the_beginning_of_delays_is_written_down_for_disabled_accounts_and_those_who_hang_up() {
    let site = Site::new().await;
    for name in ["shut", "slow"] {
        site.create(name, "user").await;
        for _ in 0..4 {
            assert_eq!(site.anon().log_in(name, "wrong").await.status, 401);
        }
    }
    site.disable("shut").await;
    assert_eq!(events(&site, "authn_login_fail_max").await.len(), 0);
    // The right password, which opens nothing.
    assert_eq!(site.anon().log_in("shut", &password_of("shut")).await.status, 401);
    let expected = ["success", "too_many_failures", "shut"];
    let [row] = &events(&site, "authn_login_fail_max").await[..] else { panic!() };
    assert_eq!(row[..3], expected);
    // Takes the most rounds that a stored hash may ask for.
    let slow = "pbkdf2:sha256:10000000$salt$0000000000000000000000000000000000000000000000000000000000000000";
    site.database.execute(&format!("UPDATE dw_users SET password_hash = '{slow}' WHERE name = 'slow'")).await;
    let mut client = site.anon();
    let login = tokio::spawn(async move { client.log_in("slow", "wrong").await });
    while events(&site, "authn_login_fail_max").await.len() < 2 {
        assert!(!login.is_finished(), "the answer was there before the event");
        tokio::task::yield_now().await;
    }
    login.abort();
}
