//! H1 of threats.md: an idempotency key creates one resource, and a version is changed once.

use doorward_test_macros::async_test;
use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{
    Client, Race, Reply,
    race::{contender, rounds},
    site::password_of,
};

const USERS: &str = "/api/v1/users";
const ROLES: &str = "/api/v1/roles";
const ME: &str = "/api/v1/users/me";
const NEW: &str = "a violin in the greenhouse";
/// The number of concurrent uses of one key.
const USES: usize = 50;

async fn count(race: &Race, table: &str) -> usize {
    race.site().database.value(&format!("SELECT COUNT(*) FROM {table}")).await.parse().unwrap()
}

// H1
#[async_test(worker_threads = 4)]
async fn an_idempotency_key_creates_one_resource_and_all_answers_agree() {
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        for round in rounds() {
            let (client, path, table, body) = match round % 3 {
                0 => {
                    (race.site().anon(), USERS, "dw_users", json!({ "name": format!("ann {round}"), "password": NEW }))
                }
                1 => (race.root.clone(), USERS, "dw_users", json!({ "name": format!("ann {round}"), "password": NEW })),
                _ => {
                    (race.root.clone(), ROLES, "dw_roles", json!({ "name": format!("role{round}"), "permissions": [] }))
                }
            };
            let before = count(&race, table).await;
            let uses = (0..USES).map(|number| {
                let client = race
                    .client(number, &client)
                    .with_header("idempotency-key", &format!("key {round}").replace(' ', "-"));
                let (mut client, body) = (client, body.clone());
                contender(async move { client.post(path, body).await })
            });
            let replies = race.round(uses.collect()).await;
            let made: BTreeSet<_> =
                replies.iter().map(|reply| reply.assert_status(201)["id"].to_string() + reply.etag()).collect();
            assert_eq!(made.len(), 1, "{made:?}");
            assert_eq!(count(&race, table).await, before + 1);
            let sql = "SELECT COUNT(*) FROM dw_audit_events WHERE event = 'privilege_permissions_changed'";
            assert_eq!(race.site().database.value(sql).await, (round + 1).div_euclid(3).to_string());
        }
    }
}

/// A write to one version of an account.
#[derive(Debug, Clone)]
enum Write {
    /// By an administrator, at a path below the account's.
    Others(Method, &'static str, Value),
    /// By the user.
    Own(Method, &'static str, Value),
}

/// The writes that change an enabled or a disabled account.
fn writes(name: &str, is_open: bool) -> Vec<Write> {
    let turn = if is_open { "/disable" } else { "/enable" };
    let mut writes = vec![
        Write::Others(Method::PATCH, "", json!({ "admin_attributes": { "a": 1 } })),
        Write::Others(Method::PUT, "/password", json!({ "new_password": NEW })),
        Write::Others(Method::POST, turn, json!({})),
        Write::Others(Method::DELETE, "", Value::Null),
    ];
    if is_open {
        let current = json!({ "current_password": password_of(name) });
        let mut change = current.clone();
        change["new_password"] = NEW.into();
        writes.push(Write::Own(Method::PATCH, ME, json!({ "attributes": { "a": 1 } })));
        writes.push(Write::Own(Method::PUT, "/api/v1/users/me/password", change));
        writes.push(Write::Own(Method::DELETE, ME, current));
    }
    writes
}

async fn perform(write: Write, path: String, [mut root, mut user]: [Client; 2]) -> Reply {
    let (client, method, path, body) = match write {
        Write::Others(method, rest, body) => (&mut root, method, format!("{path}{rest}"), body),
        Write::Own(method, path, body) => (&mut user, method, path.to_owned(), body),
    };
    client.send(method, &path, (!body.is_null()).then_some(body)).await
}

// Threat pattern 5: two concurrent writes to the same version, for every pair of writes.
#[async_test(worker_threads = 4)]
async fn of_two_writes_of_one_version_of_an_account_one_is_refused() {
    for (nodes, is_open) in [(1, true), (2, true), (1, false), (2, false)] {
        let race = Race::over(nodes).await;
        for pass in 0..rounds().len().div_ceil(20) {
            let ways = writes("", is_open).len();
            for (one, two) in (0..ways).flat_map(|one| (one..ways).map(move |two| (one, two))) {
                let name = format!("ann {pass} {one} {two}");
                race.site().create(&name, "user").await;
                let user = race.site().bearer(&name).await;
                if !is_open {
                    race.site().disable(&name).await;
                }
                let path = format!("{USERS}/{}", race.site().uid_of(&name).await);
                let tag = race.root.clone().get(&path).await.etag().to_owned();
                let contenders = [one, two].into_iter().enumerate().map(|(number, way)| {
                    let clients =
                        [&race.root, &user].map(|client| race.client(number, client).with_header("if-match", &tag));
                    contender(perform(writes(&name, is_open)[way].clone(), path.clone(), clients))
                });
                let replies = race.round(contenders.collect()).await;
                let said = replies.iter().map(|reply| reply.status.as_u16()).collect::<Vec<_>>();
                let done = replies.iter().filter(|reply| reply.status.is_success()).count();
                assert_eq!(done, 1, "{said:?} {:?}", [one, two].map(|way| writes(&name, is_open)[way].clone()));
                // Refused by the version, or because the account, the session or the password has changed.
                assert!(said.iter().all(|status| matches!(status, 200 | 204 | 401 | 403 | 404 | 412)), "{said:?}");
                let both_are_by_root = one < 4 && two < 4 && one != 3 && two != 3;
                assert!(!both_are_by_root || said.contains(&412), "{said:?}");
            }
        }
    }
}

// The same for a role: a change and a deletion, or two changes.
#[async_test(worker_threads = 4)]
async fn of_two_writes_of_one_version_of_a_role_one_is_refused() {
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        for round in rounds() {
            let path = format!("{ROLES}/role{round}");
            let made = json!({ "name": format!("role{round}"), "permissions": [] });
            race.root.clone().post(ROLES, made).await.assert_status(201);
            let contenders = (0..2).map(|number| {
                let mut client = race.client(number, &race.root).with_header("if-match", "\"1\"");
                let path = path.clone();
                contender(async move {
                    match (number, round % 2) {
                        (0, 0) => client.delete(&path).await.status.as_u16(),
                        _ => client
                            .patch(&path, json!({ "permissions": [format!("n{number}:r")] }))
                            .await
                            .status
                            .as_u16(),
                    }
                })
            });
            let mut statuses = race.round(contenders.collect()).await;
            statuses.sort_unstable();
            assert!(matches!(statuses[..], [200, 412] | [204, 404 | 412]), "{statuses:?}");
        }
    }
}

// Without `If-Match`, neither change is lost.
#[async_test(worker_threads = 4)]
async fn without_if_match_both_changes_are_kept() {
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        let ann = race.site().user("ann").await;
        let path = format!("{USERS}/{}", race.site().uid_of("ann").await);
        for round in rounds() {
            let (mut one, mut two) = (race.client(0, &ann), race.client(1, &race.root));
            let own =
                json!({ "attributes": { format!("own {round}"): 1, format!("own {}", round.wrapping_sub(5)): null } });
            let gone = format!("other {}", round.wrapping_sub(5));
            let others = json!({ "attributes": { format!("other {round}"): 1, gone: null }, "admin_attributes": { "round": round } });
            let target = path.clone();
            let first = async move { one.patch(ME, own).await };
            let second = async move { two.patch(&target, others).await };
            for reply in race.meet(first, second).await {
                reply.assert_status(200);
            }
            let user = race.root.clone().get(&path).await;
            assert_eq!(user.assert_status(200)["attributes"].as_object().unwrap().len(), (round + 1).min(5) * 2);
            assert_eq!(user.json()["admin_attributes"], json!({ "round": round }));
            assert_eq!(user.etag(), format!("\"{}\"", round * 2 + 3));
        }
    }
}
