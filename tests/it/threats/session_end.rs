//! Section E of threats.md, third part: sessions end on time, to the millisecond and on every node.
//!
//! Each test moves its own clock. Invariant: a session that has ended is never valid again.

use doorward_test_macros::async_test;
use std::time::Duration;

use doorward::{
    model::{UnixMillis, UserId},
    ops::{
        accounts::{disable, edit},
        sessions::end,
    },
};
use serde_json::json;

use crate::support::{Client, Site, site::START};

const MILLISECOND: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

async fn is_alive(client: &mut Client) -> bool {
    match client.get("/user/1").await.status.as_u16() {
        200 => true,
        401 => false,
        other => panic!("{other}"),
    }
}

/// Twenty sessions of one user, ten on each node.
async fn twenty(site: &Site, node: &Site, name: &str) -> Vec<Client> {
    let mut clients = Vec::new();
    for number in 0..20 {
        let client = site.log_in(name).await;
        clients.push(if number % 2 == 0 { client } else { client.through(&node.router) });
    }
    clients
}

// E10, J13
#[async_test]
async fn disabling_or_deleting_a_user_ends_all_their_sessions_on_all_nodes_at_once() {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    let mut root = site.admin("root").await;
    for (number, ended_by) in ["disable", "delete", "revoke"].into_iter().enumerate() {
        let name = format!("ann {number}");
        let id = site.create(&name, "user").await;
        let mut clients = twenty(&site, &node, &name).await;
        for client in &mut clients {
            assert!(is_alive(client).await);
        }
        match ended_by {
            "disable" => {
                let outcome = disable::disable_as_operator(&node.app, UserId(id)).await.unwrap();
                assert_eq!(outcome, Ok(20));
            }
            "delete" => assert_eq!(root.delete(&format!("/user/{id}")).await.status, 200),
            _ => assert_eq!(end::all_of(&node.app, UserId(id)).await.unwrap(), 20),
        }
        for client in &mut clients {
            assert!(!is_alive(client).await, "{ended_by}");
            assert!(!is_alive(&mut client.through(&site.router)).await, "{ended_by}");
        }
        let login = site.anon().log_in(&name, &crate::support::site::password_of(&name)).await;
        assert_eq!(login.status == 200, ended_by == "revoke");
    }
    assert!(is_alive(&mut root).await);
}

// E10: enabling an account does not restore its sessions.
#[async_test]
async fn enabling_a_user_revives_no_session() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    disable::disable_as_operator(&site.app, UserId(1)).await.unwrap().unwrap();
    assert!(!is_alive(&mut ann).await);
    assert!(disable::enable_as_operator(&site.app, UserId(1)).await.unwrap());
    assert!(!is_alive(&mut ann).await);
    assert!(is_alive(&mut site.log_in("ann").await).await);
}

// E10: even if the account was disabled directly in the database and the session's row remains.
#[async_test]
async fn a_session_of_a_disabled_account_is_invalid_even_if_its_row_exists() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    site.database.set_disabled_at("ann", Some(1)).await;
    assert!(!is_alive(&mut ann).await);
    site.database.set_disabled_at("ann", None).await;
    site.database.set_user_of_sessions(2).await;
    assert!(!is_alive(&mut ann).await);
}

// E11
#[async_test]
async fn a_change_of_role_applies_to_the_next_request() {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    let (mut ann, mut bob) = (site.admin("ann").await, site.user("bob").await);
    for name in ["first", "second", "third"] {
        site.create(name, "user").await;
    }
    assert_eq!(ann.delete("/user/3").await.status, 200);
    // Bob first, because the last administrator cannot be demoted.
    edit::set_role_as_operator(&node.app, UserId(2), "admin").await.unwrap().unwrap();
    edit::set_role_as_operator(&node.app, UserId(1), "user").await.unwrap().unwrap();
    let refused = json!({ "message": "You don't have permission to perform this action." });
    ann.delete("/user/4").await.assert_json(401, refused.clone());
    ann.put("/user/update-password/4", json!({ "password": "p" })).await.assert_json(401, refused);
    assert!(is_alive(&mut ann).await);
    assert!(!is_alive(&mut bob).await);
    let mut bob = site.log_in("bob").await;
    assert_eq!(bob.delete("/user/4").await.status, 200);
    assert_eq!(bob.put("/user/update-password/5", json!({ "password": "p" })).await.status, 200);
}

// E12: the limits of users and of administrators, to the millisecond.
#[async_test]
async fn an_idle_session_ends_exactly_at_its_limit() {
    for (role, idle) in [("user", DAY), ("admin", HOUR)] {
        let site = Site::new().await;
        site.create("ann", role).await;
        let (mut early, mut late) = (site.log_in("ann").await, site.log_in("ann").await);
        site.advance(idle - MILLISECOND);
        assert!(is_alive(&mut early).await, "{role}");
        site.advance(MILLISECOND);
        assert!(!is_alive(&mut late).await, "{role}");
        // The use one millisecond before the limit was recorded and extends the session fully.
        site.advance(idle - MILLISECOND * 2);
        assert!(is_alive(&mut early).await, "{role}");
    }
}

// E12
#[async_test]
async fn use_extends_a_session_up_to_its_absolute_limit_and_no_further() {
    for (role, step, absolute) in [("user", HOUR * 20, DAY * 30), ("admin", MINUTE * 50, HOUR * 12)] {
        let site = Site::new().await;
        site.create("ann", role).await;
        let mut ann = site.log_in("ann").await;
        let mut age = Duration::ZERO;
        while age + step < absolute {
            site.advance(step);
            age += step;
            assert!(is_alive(&mut ann).await, "{role} after {age:?}");
        }
        site.advance(absolute - age - MILLISECOND);
        assert!(is_alive(&mut ann).await, "{role}");
        site.advance(MILLISECOND);
        assert!(!is_alive(&mut ann).await, "{role}");
    }
}

// E12: configured limits, and a use that follows the last recorded one too soon to be recorded.
#[async_test]
async fn configured_limits_apply_and_the_recorded_use_is_at_most_a_minute_old() {
    let builder = Site::builder().set("session.idle_timeout", "30m").set("session.absolute_timeout", "2h");
    let site = builder.start().await;
    let mut ann = site.user("ann").await;
    site.advance(MINUTE - MILLISECOND);
    assert!(is_alive(&mut ann).await);
    site.advance(MINUTE * 29 - MILLISECOND);
    assert!(is_alive(&mut ann).await);
    for _ in 0..3 {
        site.advance(MINUTE * 30 - MILLISECOND);
        assert!(is_alive(&mut ann).await);
    }
    site.advance(MILLISECOND * 6);
    assert!(!is_alive(&mut ann).await);
}

// E12: an administrator's limits apply at once.
#[async_test]
async fn a_promoted_users_session_has_the_shorter_limits() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    site.advance(HOUR * 2);
    edit::set_role_as_operator(&site.app, UserId(1), "admin").await.unwrap().unwrap();
    assert!(!is_alive(&mut ann).await);
}

// E12: the clocks step back.
#[async_test]
async fn a_clock_that_steps_back_revives_nothing() {
    for end in [DAY, DAY * 31] {
        let site = Site::new().await;
        let node = site.another_node(&[]).await;
        let mut ann = site.user("ann").await;
        site.advance(end);
        assert!(!is_alive(&mut ann).await);
        for back in [1, 3_600_000, 86_400_000] {
            site.set_time(UnixMillis(START.0 - back));
            assert!(!is_alive(&mut ann).await);
            assert!(!is_alive(&mut ann.through(&node.router)).await);
        }
        assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
    }
}

// E12, J14: a step back within the tolerance neither ends nor extends a session. A larger one ends it, because it cannot
// be told from a session that began under a clock that ran ahead.
#[async_test]
async fn a_clock_that_steps_back_gives_no_session_more_time() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    let mut other = site.log_in("ann").await;
    site.advance(HOUR * 10);
    assert!(is_alive(&mut ann).await);
    for back in [MILLISECOND, HOUR / 6] {
        site.set_time(START.plus(HOUR * 10).minus(back));
        assert!(is_alive(&mut ann).await);
    }
    let used = site.database.value("SELECT MAX(last_used_at) FROM dw_sessions").await;
    assert_eq!(used, START.plus(HOUR * 10).0.to_string());
    site.set_time(START.minus(HOUR));
    assert!(!is_alive(&mut other).await);
    site.set_time(START.plus(HOUR * 34).minus(MILLISECOND));
    assert!(is_alive(&mut site.log_in("ann").await).await);
    site.set_time(START.plus(HOUR * 34));
    assert!(!is_alive(&mut ann).await);
}

// E12: abandoned sessions are removed, and only those.
#[async_test]
async fn the_sweep_removes_exactly_the_expired_sessions() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    site.advance(HOUR);
    let mut later = site.log_in("ann").await;
    site.advance(HOUR * 23);
    assert_eq!(end::expired(&site.app).await.unwrap(), 0);
    site.advance(MILLISECOND);
    assert_eq!(end::expired(&site.app).await.unwrap(), 1);
    assert!(!is_alive(&mut ann).await);
    assert!(is_alive(&mut later).await);
}

/// A token from before the change must not gain administrative permissions (ASVS 7.2.4). A role without administrative
/// permissions ends no session.
#[async_test]
async fn new_administrative_permissions_end_the_users_sessions() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    site.role("customer", "shop:open").await;
    site.role("clerk", "users:read").await;
    let mut ann = site.user("ann").await;
    let path = format!("/api/v1/users/{}", site.uid_of("ann").await);
    for (role, lives) in [("customer", true), ("clerk", false), ("user", true), ("admin", false), ("clerk", true)] {
        root.patch(&path, json!({ "role": role })).await.assert_status(200);
        let status = ann.get("/api/v1/sessions/current").await.status.as_u16();
        assert_eq!(status, if lives { 200 } else { 401 }, "{role}");
        if !lives {
            ann = site.log_in("ann").await;
        }
    }
    let sql = "SELECT actor_name, details FROM dw_audit_events WHERE event = 'session_expired' AND reason = 'revoked'";
    let ended = [["root", r#"{"sessions_ended":1}"#]; 2];
    assert_eq!(site.database.rows(sql).await, ended);
}
