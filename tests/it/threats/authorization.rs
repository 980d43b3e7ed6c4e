//! Section F of threats.md: who may do what, that there is always an administrator, and which doors are open to all.
//!
//! F1 is in `compat::bad_input`, F13 in `compat::switches` and below, F10 in `failures`.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use axum::http::Method;
use doorward::{
    model::UserId,
    ops::{disable_user, set_role},
};
use serde_json::json;

use crate::support::{self, Site};

const ROUNDS: usize = 30;
const ADMINISTRATORS: &str = "SELECT COUNT(*) FROM dw_users WHERE role_id = 1 AND disabled_at IS NULL";

/// Every route, with the identifier of the first account in the place of one.
fn routes() -> BTreeSet<(Method, String)> {
    let first = |path: String| path.replace("{id}", "1").replace("{session}", "1").replace("{name}", "admin");
    let method = |method: String| Method::from_bytes(method.as_bytes()).unwrap();
    support::routes().into_iter().map(|(name, path)| (method(name), first(path))).collect()
}

// F9, G23: what is reachable without a login, found by trying every route there is.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_routes_on_this_list_are_reachable_without_a_login() {
    let site = Site::new().await;
    site.create("root", "admin").await;
    let mut open = BTreeSet::new();
    for (method, path) in routes() {
        let body = json!({ "username": format!("{method} {path}"), "password": "p" });
        let reply = site.anon().send(method.clone(), &path, Some(body)).await;
        let is_refused_by_login = path == "/login" && reply.status == 401;
        if !matches!(reply.status.as_u16(), 401 | 405) || is_refused_by_login {
            open.insert(format!("{method} {path}"));
        }
    }
    let allowed = [
        "GET /docs",
        "GET /livez",
        "GET /openapi.json",
        "GET /readyz",
        "GET /version",
        "POST /api/v1/sessions",
        "POST /api/v1/users",
        "POST /login",
        "POST /signup",
        "POST /user",
    ];
    assert_eq!(open, allowed.map(str::to_owned).into());
    assert_eq!(site.database.value(ADMINISTRATORS).await, "1");
}

// F9: the list above is complete only while that table is the one place where routes are made.
#[test]
fn all_routes_stand_in_the_one_table() {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if std::fs::read_to_string(&path).unwrap().contains(".route(") {
                found.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert_eq!(found, ["router.rs"]);
}

// F13: no route that is open to all creates an account, whatever it is sent.
#[tokio::test(flavor = "multi_thread")]
async fn with_sign_up_switched_off_no_open_route_creates_an_account() {
    let site = Site::builder().set("signup.enabled", "false").start().await;
    for (method, path) in routes() {
        let body = json!({ "username": format!("{method} {path}"), "password": "a long enough password" });
        let reply = site.anon().send(method, &path, Some(body)).await;
        assert!(!reply.status.is_server_error());
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "0");
}

// F5: each deletes the other at the same moment, through different nodes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_administrators_who_delete_each_other_one_stays() {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    let mut survivor = "root".to_owned();
    site.create(&survivor, "admin").await;
    for round in 0..ROUNDS {
        let rival = format!("rival {round}");
        site.create(&rival, "admin").await;
        let names = [survivor.clone(), rival];
        let mut calls = Vec::new();
        for (own, other, router) in [(0, 1, &site.router), (1, 0, &node.router)] {
            let client = site.log_in(&names[own]).await.through(router);
            calls.push((client, format!("/user/{}", site.id_of(&names[other]).await)));
        }
        let mut deletions = Vec::new();
        for (mut client, path) in calls {
            deletions.push(tokio::spawn(async move { client.delete(&path).await.status.as_u16() }));
        }
        let mut statuses = Vec::new();
        for deletion in deletions {
            statuses.push(deletion.await.unwrap());
        }
        assert_eq!(site.database.value(ADMINISTRATORS).await, "1", "{statuses:?}");
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
        survivor = site.database.value("SELECT name FROM dw_users WHERE role_id = 1").await;
    }
}

// F5: the operator's two siblings of it, from two nodes at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_administrators_who_are_demoted_or_disabled_at_once_one_stays() {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    for name in ["root", "deputy"] {
        site.create(name, "admin").await;
    }
    for round in 0..ROUNDS {
        let (one, other) = (Arc::clone(&site.app), Arc::clone(&node.app));
        let demotion = tokio::spawn(async move { set_role::as_operator(&one, UserId(1), "user").await.unwrap() });
        let second = tokio::spawn(async move {
            if round % 2 == 0 {
                let outcome = set_role::as_operator(&other, UserId(2), "user").await.unwrap();
                outcome == set_role::SetRole::Done
            } else {
                let outcome = disable_user::disable_as_operator(&other, UserId(2)).await.unwrap();
                matches!(outcome, disable_user::DisableUser::Done { .. })
            }
        });
        let first = demotion.await.unwrap() == set_role::SetRole::Done;
        let second = second.await.unwrap();
        assert_eq!(site.database.value(ADMINISTRATORS).await, "1");
        assert!(first != second, "exactly one of the two is done");
        site.database.execute("UPDATE dw_users SET role_id = 1, disabled_at = NULL").await;
    }
}

// F4: a user has no way to a role or to a superior's password.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_cannot_make_themselves_or_others_administrators() {
    let site = Site::new().await;
    let (_root, mut ann) = (site.admin("root").await, site.user("ann").await);
    let grab = json!({ "username": "x", "password": "p", "role": "admin", "role_id": 1, "id": 2 });
    for (method, path) in routes() {
        // Not their own log-out, after which the rest would prove nothing.
        if path != "/logout" && path != "/api/v1/sessions/current" {
            let mut ann = ann.clone();
            ann.send(method, &path, Some(grab.clone())).await;
        }
    }
    assert_eq!(ann.put("/user/update-password/2", grab).await.status, 200);
    assert_eq!(site.database.value(ADMINISTRATORS).await, "1");
    assert_eq!(site.database.value("SELECT role_id FROM dw_users WHERE name = 'ann'").await, "2");
}
