//! F5 of threats.md: somebody enabled can always manage roles, whichever way the last one would go, and however many at once.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Client, Site, site::password_of};

const USERS: &str = "/api/v1/users";
const ROUNDS: usize = 12;
const ADMINISTRATORS: &str = "SELECT COUNT(*) FROM dw_users u JOIN dw_roles r ON r.id = u.role_id
     WHERE u.disabled_at IS NULL AND r.permissions LIKE '%roles:write%'";

/// A way in which there could be one administrator fewer: a request about the account with an identifier.
type Way = (Method, fn(&str) -> String, Option<Value>);

fn ways() -> Vec<Way> {
    let one = |id: &str| format!("{USERS}/{id}");
    vec![
        (Method::PATCH, one, Some(json!({ "role": "user" }))),
        (Method::PATCH, one, Some(json!({ "role": "keeper" }))),
        (Method::DELETE, |_| format!("{USERS}/me"), None),
        (Method::PATCH, |_| "/api/v1/roles/admin".to_owned(), Some(json!({ "permissions": ["users:write"] }))),
        (Method::PATCH, |_| "/api/v1/roles/admin".to_owned(), Some(json!({ "permissions": [] }))),
    ]
}

/// The way that is open against others alone.
fn disable() -> Way {
    (Method::POST, |id| format!("{USERS}/{id}/disable"), None)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays_one() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    site.role("keeper", "users:write users:read").await;
    site.admin("disabled").await;
    site.disable("disabled").await;
    let id = site.uid_of("root").await;
    let before = site.dump().await;
    for (method, path, body) in ways() {
        let reply = root.send(method.clone(), &path(&id), body).await;
        reply.problem(409, "last_administrator");
        assert_eq!(site.dump().await, before, "{method} {}", path(&id));
        let [_, outcome, reason] = site.event_of(&reply).await.unwrap();
        assert_eq!((outcome.as_str(), reason.as_str()), ("refused", "last_administrator"));
    }
    // With a second one, of another role that can manage roles, each is done.
    site.role("second", "audit:read roles:write sessions:read sessions:revoke users:read users:write").await;
    site.create("other", "second").await;
    root.patch(&format!("{USERS}/{id}"), json!({ "role": "keeper" })).await.is_ok(200);
    assert_eq!(site.database.value(ADMINISTRATORS).await, "1");
    let mut other = site.bearer("other").await;
    other.delete(&format!("{USERS}/me")).await.problem(409, "last_administrator");
}

/// Each of two administrators takes the power from the other, or lays down their own, at the same moment.
async fn at_once(site: &Site, node: &Site, clients: [Client; 2], ids: [String; 2], ways: [&Way; 2]) -> Vec<u16> {
    let mut tasks = Vec::new();
    for (number, client) in clients.into_iter().enumerate() {
        let (method, path, body) = ways[number];
        let (path, method, body) = (path(&ids[1 - number]), method.clone(), body.clone());
        let mut client = client.through(if number == 0 { &site.router } else { &node.router });
        tasks.push(tokio::spawn(async move { client.send(method, &path, body).await }));
    }
    let mut statuses = Vec::new();
    for task in tasks {
        let reply = task.await.unwrap();
        if reply.status == 409 {
            reply.problem(409, "last_administrator");
        }
        statuses.push(reply.status.as_u16());
    }
    statuses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_administrators_at_once_leave_one() {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    site.role("keeper", "users:write users:read").await;
    let ways = [ways(), vec![disable()]].concat();
    for round in 0..ROUNDS {
        // Two each time, and nobody else.
        site.database.execute("UPDATE dw_users SET role_id = 2").await;
        let all = "audit:read roles:write sessions:read sessions:revoke users:read users:write";
        site.database.execute(&format!("UPDATE dw_roles SET permissions = '{all}' WHERE id = 1")).await;
        let names = [format!("one {round}"), format!("two {round}")];
        for name in &names {
            site.create(name, "admin").await;
        }
        let clients = [site.bearer(&names[0]).await, site.bearer(&names[1]).await];
        let ids = [site.uid_of(&names[0]).await, site.uid_of(&names[1]).await];
        // Every way against every other in turn.
        let pair = [&ways[round % ways.len()], &ways[(round / ways.len() + round) % ways.len()]];
        let statuses = at_once(&site, &node, clients, ids, pair).await;
        let left: usize = site.database.value(ADMINISTRATORS).await.parse().unwrap();
        assert!(left >= 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 200 | 204 | 401 | 403 | 404 | 409)), "{statuses:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_disable_each_other_exactly_one_is_done() {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    let names = ["one", "two"];
    for name in names {
        site.create(name, "admin").await;
    }
    let ids = [site.uid_of("one").await, site.uid_of("two").await];
    for _ in 0..ROUNDS {
        let clients = [site.bearer("one").await, site.bearer("two").await];
        let mut statuses = at_once(&site, &node, clients, ids.clone(), [&disable(), &disable()]).await;
        statuses.sort_unstable();
        // The second has lost their session, or is the last one by then.
        assert_eq!(statuses[0], 200, "{statuses:?}");
        assert!(matches!(statuses[1], 401 | 409), "{statuses:?}");
        assert_eq!(site.database.value(ADMINISTRATORS).await, "1");
        site.database.execute("UPDATE dw_users SET disabled_at = NULL").await;
    }
    site.begin("one", &password_of("one"), "body").await.is_ok(201);
}
