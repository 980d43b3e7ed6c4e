//! Section D of threats.md, for accounts: guessing is slowed down and then stopped, on every route and every node.
//!
//! Known and unknown names are treated alike. Invariant: no more attempts than the rule allows reach the hash pool.

use doorward_test_macros::async_test;

mod alike;
mod kept;
mod tickets;

use std::time::Duration;

use doorward::{
    model::{UnixMillis, UserId},
    ops::auth::throttle,
};
use serde_json::json;

use crate::support::{Client, Site, site::START, site::password_of};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// The number of hashes that a site has computed.
fn hashed(site: &Site) -> u64 {
    site.app.hasher.state().counts.done
}

async fn rows(site: &Site) -> String {
    site.database.value("SELECT COUNT(*) FROM dw_login_failures").await
}

/// Guesses without a known device, as fast as permitted, until the wait is a day. Returns the number of tested guesses.
async fn guess_until_closed(site: &Site, name: &str) -> u64 {
    let mut heard = 0;
    loop {
        let reply = site.anon().log_in(name, "wrong").await;
        if reply.status == 401 {
            heard += 1;
            continue;
        }
        let after = reply.assert_throttled();
        if after > 3600 {
            assert_eq!(after, 86_400);
            return heard;
        }
        site.advance(Duration::from_secs(after));
    }
}

async fn events(site: &Site, event: &str) -> Vec<Vec<String>> {
    let sql = format!(
        "SELECT outcome, reason, subject_name, details FROM dw_audit_events WHERE event = '{event}' ORDER BY uid"
    );
    site.database.rows(&sql).await
}

// D1, D3, D9
#[async_test]
async fn at_a_hundred_failures_password_login_closes_for_a_day_and_closes_again() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    ann.device = None;
    for round in 1..=3 {
        assert_eq!(guess_until_closed(&site, "ann").await, 100);
        let before = hashed(&site);
        let reply = site.anon().log_in("ann", &password_of("ann")).await;
        assert!(reply.assert_throttled() > 3600, "the right password does not open it");
        assert_eq!(hashed(&site), before);
        let all = events(&site, "authn_login_lock").await;
        assert_eq!(all.len(), round);
        assert!(all.iter().all(|row| row[..3] == ["success", "too_many_failures", "ann"]), "{all:?}");
        assert_eq!(events(&site, "authn_login_fail_max").await.len(), round);
        // The existing session stays valid while it is used.
        if round == 1 {
            let live =
                site.another_node(&[("session.idle_timeout", "365d"), ("session.absolute_timeout", "365d")]).await;
            assert_eq!(ann.through(&live.router).get("/user/1").await.status, 200);
        }
        site.advance(DAY);
    }
    assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200);
}

#[async_test]
async fn five_failures_cause_no_delay_and_the_right_password_clears_them() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(site.anon().log_in("ann", "wrong").await.status, 401);
        }
        assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200, "the fifth");
        assert_eq!(rows(&site).await, "0");
    }
    // Each fifth attempt was counted as a failure before its result was known.
    assert_eq!(events(&site, "authn_login_fail_max").await.len(), 3);
    for delay in [0, 0, 0, 0, 0, 1, 2, 4, 8] {
        if delay > 0 {
            assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.assert_throttled(), delay);
            site.advance(Duration::from_secs(delay).saturating_sub(Duration::from_millis(1)));
            assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.assert_throttled(), 1, "rounded up");
            site.advance(Duration::from_millis(1));
        }
        assert_eq!(site.anon().log_in("ann", "wrong").await.status, 401);
    }
    assert_eq!(events(&site, "authn_login_fail_max").await.len(), 4, "once");
    site.advance(Duration::from_secs(16));
    assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200);
    assert_eq!(rows(&site).await, "0");
}

// D2, D12: on two nodes with one database, in any order.
#[async_test]
async fn of_three_hundred_concurrent_guesses_five_reach_the_hash_pool() {
    for name in ["ann", "nobody"] {
        let site = Site::new().await;
        let other = site.another_node(&[]).await;
        site.create("ann", "user").await;
        let before = hashed(&site) + hashed(&other);
        let mut guesses = tokio::task::JoinSet::new();
        for number in 0..300 {
            let mut client = if number % 2 == 0 { site.anon() } else { other.anon() };
            guesses.spawn(async move { client.log_in(name, &format!("guess {number}")).await.status.as_u16() });
        }
        let mut heard = 0;
        while let Some(status) = guesses.join_next().await {
            match status.unwrap() {
                401 => heard += 1,
                429 | 503 => {}
                other => panic!("{other}"),
            }
        }
        let hashed = hashed(&site) + hashed(&other) - before;
        assert!(heard <= 5 && hashed <= 5, "{name}: {heard} were heard, {hashed} hashed");
        assert!(heard > 0, "{name}");
    }
}

// D12: the count survives a new process and a new name.
#[async_test]
async fn failures_survive_a_restart_a_rename_and_another_node() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    site.create("ann", "user").await;
    let uid = site.uid_of("ann").await;
    for _ in 0..5 {
        assert_eq!(site.anon().log_in("ann", "wrong").await.status, 401);
    }
    root.patch(&format!("/api/v1/users/{uid}"), json!({ "name": "eve" })).await.assert_status(200);
    let again = site.another_node(&[]).await;
    again.anon().log_in("eve", &password_of("ann")).await.assert_throttled();
    assert_eq!(again.anon().log_in("ann", "wrong").await.status, 401, "the old name is unknown");
}

// J14: the clock is set to another time during guessing.
#[async_test]
async fn a_clock_that_is_set_back_lengthens_no_delay() {
    let far = [UnixMillis(-1), UnixMillis(2_147_483_647_000), UnixMillis(253_402_300_799_000), START.minus(DAY)];
    for time in far {
        let site = Site::new().await;
        site.create("ann", "user").await;
        for _ in 0..7 {
            while site.anon().log_in("ann", "wrong").await.status == 429 {
                site.advance(Duration::from_secs(1));
            }
        }
        site.set_time(time);
        let after = site.anon().log_in("ann", &password_of("ann")).await;
        if after.status == 429 {
            assert_eq!(after.assert_throttled(), 4, "{time:?}: the rule's own delay");
            site.advance(Duration::from_secs(4));
        }
        assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200, "{time:?}");
        site.set_time(START);
        assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200, "{time:?}");
    }
}

#[async_test]
async fn nothing_is_counted_when_throttling_is_off() {
    let site = Site::builder().set("throttle.enabled", "false").start().await;
    site.create("ann", "user").await;
    for _ in 0..30 {
        assert_eq!(site.anon().log_in("ann", "wrong").await.status, 401);
    }
    let reply = site.anon().log_in("ann", &password_of("ann")).await;
    assert_eq!((reply.status.as_u16(), reply.device_cookie()), (200, None));
    assert_eq!(rows(&site).await, "0");
}

/// Slow failures cause no delay, but still close password login at a hundred.
#[async_test]
async fn slow_guessing_is_counted_too() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    for _ in 0..100 {
        assert_eq!(site.anon().log_in("ann", "wrong").await.status, 401);
        site.advance(HOUR / 4);
    }
    assert!(site.anon().log_in("ann", &password_of("ann")).await.assert_throttled() > 80_000);
}

/// Closes password login to this account from unknown devices.
pub async fn close(site: &Site, name: &str) {
    let id = UserId(site.id_of(name).await);
    site.database.set_failures(id, 100, site.app.clock.now().0).await;
}

// D9: an administrator or the operator can reopen password login.
#[async_test]
async fn an_administrator_can_unlock_others_but_not_themselves() {
    let site = Site::new().await;
    let mut root: Client = site.admin("root").await;
    site.admin("boss").await;
    site.create("ann", "user").await;
    let (ann, own) = (site.uid_of("ann").await, site.uid_of("root").await);
    for name in ["ann", "root"] {
        close(&site, name).await;
    }
    for _ in 0..2 {
        root.send(axum::http::Method::POST, &format!("/api/v1/users/{ann}/unlock"), None).await.assert_status(204);
        assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200);
    }
    let opened = events(&site, "user_updated").await;
    assert_eq!(opened.len(), 1, "the second unlock must record nothing: {opened:?}");
    let reply = root.send(axum::http::Method::POST, &format!("/api/v1/users/{own}/unlock"), None).await;
    reply.assert_problem(409, "own_account");
    site.anon().log_in("root", &password_of("root")).await.assert_throttled();
    // A new password from an administrator reopens it too.
    close(&site, "ann").await;
    let body = json!({ "new_password": "a violin in the greenhouse", "must_change_password": false });
    root.put(&format!("/api/v1/users/{ann}/password"), body).await.assert_status(200);
    assert_eq!(site.anon().log_in("ann", "a violin in the greenhouse").await.status, 200);
}
