//! F5 and E11 of threats.md: an administrator always remains, and a revoked permission cannot be used afterwards.

use axum::http::Method;
use doorward::{
    model::UserId,
    ops::accounts::{delete, disable, edit},
};
use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::{
    Client, MANAGER, Race,
    race::{contender, rounds},
    site::password_of,
};

const USERS: &str = "/api/v1/users";
const ADMINISTRATORS: &str = "SELECT COUNT(*) FROM dw_users u JOIN dw_roles r ON r.id = u.role_id
     WHERE u.disabled_at IS NULL AND r.permissions LIKE '%roles:write%'";
const ALL: &str = "audit:read roles:write sessions:read sessions:revoke users:read users:write";

/// A request that could remove an administrator: the method, the path for a `uid` and an `id`, and the body.
type Removal = (Method, fn(&str, i64) -> String, Option<Value>);

fn removals() -> Vec<Removal> {
    let one = |id: &str, _| format!("{USERS}/{id}");
    let me = |_: &str, _| format!("{USERS}/me");
    let role = |_: &str, _| "/api/v1/roles/admin".to_owned();
    vec![
        (Method::PATCH, one, Some(json!({ "role": "user" }))),
        (Method::PATCH, one, Some(json!({ "role": "keeper" }))),
        (Method::DELETE, one, None),
        (Method::DELETE, |_, id| format!("/user/{id}"), None),
        (Method::DELETE, me, None),
        (Method::PATCH, role, Some(json!({ "permissions": ["users:write"] }))),
        (Method::PATCH, role, Some(json!({ "permissions": [] }))),
        (Method::POST, |id, _| format!("{USERS}/{id}/disable"), None),
    ]
}

/// The only two administrators, each logged in on a different node.
async fn two(race: &Race, round: usize) -> ([Client; 2], [String; 2], [i64; 2]) {
    let site = race.site();
    let names = [format!("one {round}"), format!("two {round}")];
    for name in &names {
        site.create(name, "admin").await;
    }
    site.database.set_permissions("admin", ALL).await;
    site.database.set_role_of_all_but(&names, "user").await;
    let clients = [race.client(0, &site.log_in(&names[0]).await), race.client(1, &site.log_in(&names[1]).await)];
    let ids = [site.uid_of(&names[0]).await, site.uid_of(&names[1]).await];
    (clients, ids, [site.id_of(&names[0]).await, site.id_of(&names[1]).await])
}

// F5: every pair of such requests in turn.
#[async_test(worker_threads = 4)]
async fn concurrent_requests_of_two_administrators_leave_one() {
    let removals = removals();
    let pairs: Vec<_> = (0..removals.len()).flat_map(|one| (one..removals.len()).map(move |two| (one, two))).collect();
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        race.site().role("keeper", "users:read users:write").await;
        // Two nodes use other pairs than one node.
        for round in rounds() {
            let (one, other) = pairs[(round * 2 + nodes) % pairs.len()];
            let (clients, ids, numbers) = two(&race, round).await;
            let duel = [one, other].into_iter().zip(clients).enumerate().map(|(number, (removal, mut client))| {
                let (method, path, body) = removals[removal].clone();
                let path = path(&ids[1 - number], numbers[1 - number]);
                contender(async move {
                    let reply = client.send(method, &path, body).await;
                    if reply.status == 409 {
                        reply.assert_problem(409, "last_administrator");
                    }
                    reply.status.as_u16()
                })
            });
            // The harness checks that an administrator remains.
            let statuses = race.round(duel.collect()).await;
            let is_known = |status: &u16| matches!(status, 200 | 204 | 401 | 403 | 404 | 409);
            assert!(statuses.iter().all(is_known), "{statuses:?} of {one} and {other}");
            // A change of the role itself would leave no administrator, so it always fails.
            let is_of_the_role = [one, other].iter().all(|removal| removals[*removal].1("", 0).contains("/roles/"));
            let is_one_done = statuses.iter().any(|status| matches!(status, 200 | 204));
            assert!(is_one_done != is_of_the_role, "{statuses:?} of {one} and {other}");
        }
    }
}

// F5, J13: two administrators remove each other in the same removal.
#[async_test(worker_threads = 4)]
async fn of_two_administrators_who_remove_each_other_one_stays() {
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        for round in rounds() {
            let (clients, ids, numbers) = two(&race, round).await;
            let duel = clients.into_iter().enumerate().map(|(number, mut client)| {
                let (id, other) = (ids[1 - number].clone(), numbers[1 - number]);
                contender(async move {
                    match round % 3 {
                        0 => client.delete(&format!("/user/{other}")).await.status.as_u16(),
                        1 => client.delete(&format!("{USERS}/{id}")).await.status.as_u16(),
                        _ => client.post(&format!("{USERS}/{id}/disable"), json!({})).await.status.as_u16(),
                    }
                })
            });
            let mut statuses = race.round(duel.collect()).await;
            statuses.sort_unstable();
            // The second has lost the session, or is now the last administrator.
            assert!(matches!(statuses[..], [200 | 204, 401 | 409]), "{statuses:?}");
            assert_eq!(race.site().database.value(ADMINISTRATORS).await, "1");
        }
    }
}

// F5: the same by the operator.
#[async_test(worker_threads = 4)]
async fn of_two_administrators_that_the_operator_removes_at_once_one_stays() {
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        for round in rounds() {
            let (_, _, [one, other]) = two(&race, round).await;
            let (first, second) = (race.node(0).app.clone(), race.node(1).app.clone());
            let demotion =
                async move { edit::set_role_as_operator(&first, UserId(one), "user").await.unwrap() == Ok(()) };
            let removal = async move {
                let other = UserId(other);
                match round % 3 {
                    0 => edit::set_role_as_operator(&second, other, "user").await.unwrap() == Ok(()),
                    1 => delete::as_operator(&second, other).await.unwrap() == Ok(()),
                    _ => {
                        let outcome = disable::disable_as_operator(&second, other).await.unwrap();
                        outcome.is_ok()
                    }
                }
            };
            let [demoted, removed] = race.meet(demotion, removal).await;
            assert!(demoted != removed, "exactly one of the two must succeed");
            assert_eq!(race.site().database.value(ADMINISTRATORS).await, "1");
        }
    }
}

// Threat pattern 5: a role is deleted while it is assigned. The harness checks that no user has a deleted role.
#[async_test(worker_threads = 4)]
async fn no_user_keeps_a_deleted_role() {
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        race.site().create("ann", "user").await;
        let path = format!("{USERS}/{}", race.site().uid_of("ann").await);
        for round in rounds() {
            let name = format!("role{round}");
            let role = format!("/api/v1/roles/{name}");
            let body = json!({ "name": name, "permissions": ["invoices:read"] });
            race.root.clone().post("/api/v1/roles", body).await.assert_status(201);
            let (mut deleter, mut giver, path) = (race.client(0, &race.root), race.client(1, &race.root), path.clone());
            let deletion = async move { deleter.delete(&role).await };
            let new = json!({ "name": format!("new {round}"), "password": password_of("somebody"), "role": name });
            let gift = async move {
                if round % 2 == 0 {
                    giver.patch(&path, json!({ "role": name })).await
                } else {
                    giver.post(USERS, new).await
                }
            };
            let [deleted, given] = race.meet(deletion, gift).await;
            match (deleted.status.as_u16(), given.status.as_u16()) {
                (204, 422) => given.assert_invalid("/role", "unknown_role"),
                (409, 200 | 201) => drop(deleted.assert_problem(409, "role_in_use")),
                other => panic!("{other:?}: {} {}", deleted.text(), given.text()),
            }
        }
    }
}

// E11: a demotion concurrent with a use of the permission.
#[async_test(worker_threads = 4)]
async fn a_revoked_permission_cannot_be_used_afterwards() {
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        race.site().holder("manager", MANAGER).await;
        race.site().create("ann", "user").await;
        let manager = format!("{USERS}/{}", race.site().uid_of("manager").await);
        let path = format!("{USERS}/{}", race.site().uid_of("ann").await);
        for round in rounds() {
            race.root.clone().patch(&manager, json!({ "role": "manager" })).await.assert_status(200);
            let mut user = race.client(0, &race.site().bearer("manager").await);
            let mut demoter = race.client(1, &race.root);
            let (target, own) = (path.clone(), manager.clone());
            let usage = async move { user.patch(&target, json!({ "admin_attributes": { "round": round } })).await };
            let demotion = async move {
                match round % 2 {
                    0 => demoter.patch(&own, json!({ "role": "user" })).await,
                    _ => demoter.patch("/api/v1/roles/manager", json!({ "permissions": ["users:read"] })).await,
                }
            };
            let [used, demoted] = race.meet(usage, demotion).await;
            demoted.assert_status(200);
            let shown = race.root.clone().get(&path).await.assert_status(200);
            let is_there = shown["admin_attributes"]["round"] == round;
            assert_eq!(is_there, used.status == 200, "{}", used.text());
            assert!(matches!(used.status.as_u16(), 200 | 401 | 403), "{}", used.text());
            let words: Vec<_> = MANAGER.split(' ').collect();
            race.root.clone().patch("/api/v1/roles/manager", json!({ "permissions": words })).await.assert_status(200);
        }
    }
}
