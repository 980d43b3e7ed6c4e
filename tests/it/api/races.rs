//! Requests that meet, over two nodes: logins and what ends them, names and who gets them, roles and who has them.
//!
//! E14, H2 and E10 of threats.md, through `/api/v1`. What the meeting comes to is left to chance; what may never come of
//! it is asked after each round.

use axum::http::Method;
use serde_json::json;

use crate::support::{Client, MANAGER, Reply, Site, site::password_of};

const USERS: &str = "/api/v1/users";
const ROUNDS: usize = 20;

/// Does both at the same moment.
async fn both(
    one: impl Future<Output = Reply> + Send + 'static,
    two: impl Future<Output = Reply> + Send + 'static,
) -> [Reply; 2] {
    let (one, two) = (tokio::spawn(one), tokio::spawn(two));
    [one.await.unwrap(), two.await.unwrap()]
}

async fn log_in(mut client: Client, password: String) -> Reply {
    client.post("/api/v1/sessions", json!({ "name": "ann", "password": password, "token": "body" })).await
}

/// Two nodes, an administrator and ann, with the path of her account.
async fn two_nodes() -> (Site, Site, Client, String) {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    let root = site.admin("root").await;
    site.create("ann", "user").await;
    let path = format!("{USERS}/{}", site.uid_of("ann").await);
    (site, node, root, path)
}

/// The session that a login began, if it did, is dead.
async fn is_dead(node: &Site, login: &Reply) {
    if login.status == 201 {
        let token = login.json()["token"].as_str().unwrap().to_owned();
        node.anon().with_token(&token).get("/api/v1/sessions/current").await.problem(401, "not_signed_in");
    } else {
        assert_eq!(login.status, 401, "{}", login.text());
    }
}

// E14
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_login_outlives_the_disabling_that_it_meets() {
    let (site, node, root, path) = two_nodes().await;
    for _ in 0..ROUNDS {
        let mut root = root.through(&node.router);
        let (disable, enable) = (format!("{path}/disable"), format!("{path}/enable"));
        let mut closer = root.clone();
        let closing = async move { closer.post(&disable, json!({})).await };
        let [login, closed] = both(log_in(site.anon(), password_of("ann")), closing).await;
        closed.is_ok(200);
        is_dead(&node, &login).await;
        assert!(site.sessions_of("ann").await.is_empty());
        root.post(&enable, json!({})).await.is_ok(200);
        is_dead(&site, &login).await;
    }
}

// E14: by an administrator, and by the user.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_login_by_the_old_password_outlives_the_change_that_it_meets() {
    let (site, node, root, path) = two_nodes().await;
    let mut password = password_of("ann");
    for round in 0..ROUNDS {
        let next = format!("a violin in the greenhouse {round}");
        let mut setter = if round % 2 == 0 { root.clone() } else { site.bearer_with("ann", &password).await };
        setter = setter.through(&node.router);
        let (target, body) = if round % 2 == 0 {
            (format!("{path}/password"), json!({ "new_password": next, "must_change_password": false }))
        } else {
            (format!("{USERS}/me/password"), json!({ "new_password": next, "current_password": password }))
        };
        let change = async move { setter.put(&target, body).await };
        let [login, changed] = both(log_in(site.anon(), password.clone()), change).await;
        changed.is_ok(200);
        is_dead(&node, &login).await;
        // But for the one that made the change.
        assert_eq!(site.sessions_of("ann").await.len(), round % 2);
        password = next;
    }
}

// Threat pattern 5: a role that goes while somebody gets it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_left_with_a_role_that_is_gone() {
    let (site, node, root, path) = two_nodes().await;
    for round in 0..ROUNDS {
        let role = format!("/api/v1/roles/role{round}");
        let body = json!({ "name": format!("role{round}"), "permissions": ["invoices:read"] });
        root.clone().post("/api/v1/roles", body).await.is_ok(201);
        let (mut deleter, mut giver, path) = (root.through(&node.router), root.clone(), path.clone());
        let deletion = async move { deleter.delete(&role).await };
        let new = json!({ "name": format!("new {round}"), "password": "a violin in the greenhouse", "role": format!("role{round}") });
        let change = json!({ "role": format!("role{round}") });
        let gift =
            async move { if round % 2 == 0 { giver.patch(&path, change).await } else { giver.post(USERS, new).await } };
        let [deleted, given] = both(deletion, gift).await;
        match (deleted.status.as_u16(), given.status.as_u16()) {
            (204, 422) => given.invalid("/role", "unknown_role"),
            (409, 200 | 201) => drop(deleted.problem(409, "role_in_use")),
            other => panic!("{other:?}: {} {}", deleted.text(), given.text()),
        }
        let lost = "SELECT COUNT(*) FROM dw_users WHERE role_id NOT IN (SELECT id FROM dw_roles)";
        assert_eq!(site.database.value(lost).await, "0");
    }
}

// H2: one name, by renaming and by signing up, in several spellings.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_who_want_one_name_one_gets_it() {
    let (site, node, root, path) = two_nodes().await;
    let bob = {
        site.create("bob", "user").await;
        format!("{USERS}/{}", site.uid_of("bob").await)
    };
    for round in 0..ROUNDS {
        let (one, two) = (format!("Eve {round}"), format!("EVE {round} "));
        let (mut first, mut second) = (root.clone(), root.through(&node.router));
        let (path, bob, is_sign_up) = (path.clone(), bob.clone(), round % 2 == 0);
        let mut visitor = node.anon();
        let rename = async move { first.patch(&path, json!({ "name": one })).await };
        let other = async move {
            if is_sign_up {
                visitor.post(USERS, json!({ "name": two, "password": "a violin in the greenhouse" })).await
            } else {
                second.patch(&bob, json!({ "name": two })).await
            }
        };
        let replies = both(rename, other).await;
        let refused = replies.iter().filter(|reply| !reply.status.is_success()).collect::<Vec<_>>();
        assert_eq!(refused.len(), 1, "{} {}", replies[0].text(), replies[1].text());
        refused[0].problem(409, "name_taken");
        let key: String = format!("eve {round}").bytes().map(|byte| format!("{byte:02x}")).collect();
        let sql = format!("SELECT COUNT(*) FROM dw_users WHERE name_key = X'{key}'");
        assert_eq!(site.database.value(&sql).await, "1");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_demotion_that_meets_a_use_of_the_power_goes_first_or_second() {
    let (site, node, root, path) = two_nodes().await;
    site.holder("manager", MANAGER).await;
    let manager = format!("{USERS}/{}", site.uid_of("manager").await);
    for round in 0..ROUNDS {
        root.clone().patch(&manager, json!({ "role": "manager" })).await.is_ok(200);
        let (mut user, mut demoter) = (site.bearer("manager").await, root.through(&node.router));
        let (path, own) = (path.clone(), manager.clone());
        let usage = async move { user.patch(&path, json!({ "admin_attributes": { "round": round } })).await };
        let demotion = async move { demoter.patch(&own, json!({ "role": "user" })).await };
        let [used, demoted] = both(usage, demotion).await;
        demoted.is_ok(200);
        let shown = root.clone().get(&format!("{USERS}/{}", path_id(&site).await)).await.is_ok(200);
        let is_there = shown["admin_attributes"]["round"] == round;
        assert_eq!(is_there, used.status == 200, "{}", used.text());
        assert!(matches!(used.status.as_u16(), 200 | 401 | 403), "{}", used.text());
    }
}

async fn path_id(site: &Site) -> String {
    site.uid_of("ann").await
}

// E10: twenty clients loop while their account is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clients_that_loop_are_out_as_soon_as_the_account_is_closed() {
    let (site, node, mut root, path) = two_nodes().await;
    let mut clients = Vec::new();
    for number in 0..20 {
        let client = site.bearer("ann").await;
        clients.push(if number % 2 == 0 { client } else { client.through(&node.router) });
    }
    let loops: Vec<_> = clients
        .iter()
        .cloned()
        .map(|mut client| {
            tokio::spawn(async move {
                for number in 0..2000 {
                    let body = json!({ "attributes": { "number": number } });
                    let reply = if number % 10 == 0 {
                        client.patch("/api/v1/users/me", body).await
                    } else {
                        client.get("/api/v1/sessions/current").await
                    };
                    if reply.status == 401 {
                        return;
                    }
                    assert!(matches!(reply.status.as_u16(), 200 | 503), "{}", reply.text());
                }
                panic!("was never told");
            })
        })
        .collect();
    tokio::task::yield_now().await;
    // Many write to the account at once, so the closing may have to be asked for again.
    let mut tries = 0;
    while root.send(Method::POST, &format!("{path}/disable"), None).await.status != 200 {
        tries += 1;
        assert!(tries < 1000, "the account cannot be closed");
    }
    for mut client in clients {
        client.get("/api/v1/sessions/current").await.problem(401, "not_signed_in");
    }
    for task in loops {
        task.await.unwrap();
    }
}
