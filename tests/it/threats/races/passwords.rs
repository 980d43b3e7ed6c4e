//! No stale overwrite of a password: after concurrent changes, the last acknowledged password is valid.

use doorward::{
    model::UserId,
    ops::{
        accounts::change_password::{self, NewPassword},
        auth::upgrade_hash,
    },
};
use doorward_password::Password;
use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::{
    Client, Race, Reply,
    race::{contender, rounds},
    site::password_of,
};

const OWN: &str = "/api/v1/users/me/password";

async fn change(mut client: Client, current: String, new: String) -> Reply {
    client.put(OWN, json!({ "current_password": current, "new_password": new })).await
}

/// Asserts that of these passwords only `right` is accepted, on every node.
async fn opens(race: &Race, name: &str, right: &str, wrong: &[&str]) {
    for node in [race.node(0), race.node(1)] {
        node.begin(name, right, "body").await.assert_status(201);
        for password in wrong {
            node.begin(name, password, "body").await.assert_problem(401, "wrong_credentials");
        }
    }
}

// Three sessions of one user, each of which sets another password.
#[async_test(worker_threads = 4)]
async fn of_concurrent_password_changes_one_succeeds() {
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        race.site().create("ann", "user").await;
        let mut current = password_of("ann");
        for round in rounds() {
            let mut clients = Vec::new();
            for number in 0..3 {
                clients.push(race.client(number, &race.site().bearer_with("ann", &current).await));
            }
            let new: Vec<_> = (0..3).map(|number| format!("a violin in the greenhouse {round} {number}")).collect();
            let changes = clients.iter().zip(&new);
            let changes = changes.map(|(client, new)| contender(change(client.clone(), current.clone(), new.clone())));
            let replies = race.round(changes.collect()).await;
            let winners: Vec<_> = (0..3).filter(|number| replies[*number].status == 200).collect();
            let [winner] = winners[..] else { panic!("{:?}", replies.iter().map(Reply::text).collect::<Vec<_>>()) };
            for (number, client) in clients.iter().enumerate() {
                assert!(number == winner || matches!(replies[number].status.as_u16(), 401 | 403));
                race.assert_ended(client).await;
            }
            let renewed = replies[winner].json()["token"].as_str().unwrap().to_owned();
            race.node(1).anon().with_token(&renewed).get("/api/v1/sessions/current").await.assert_status(200);
            let others: Vec<_> = new.iter().map(String::as_str).filter(|text| *text != new[winner]).collect();
            opens(&race, "ann", &new[winner], &[others, vec![&current]].concat()).await;
            current.clone_from(&new[winner]);
        }
    }
}

// In either order, the administrator's password is valid and the user has no session.
#[async_test(worker_threads = 4)]
async fn an_administrators_change_is_not_undone_by_the_users_own() {
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        race.site().create("ann", "user").await;
        let path = format!("/api/v1/users/{}/password", race.site().uid_of("ann").await);
        let mut current = password_of("ann");
        for round in rounds() {
            let user = race.client(0, &race.site().bearer_with("ann", &current).await);
            let (own, given) = (format!("the own one of round {round}"), format!("the given one of round {round}"));
            let (mut root, target) = (race.client(1, &race.root), path.clone());
            let body = json!({ "new_password": given, "must_change_password": false });
            let giving = async move { root.put(&target, body).await };
            let [changed, gave] = race.meet(change(user.clone(), current.clone(), own.clone()), giving).await;
            gave.assert_status(200);
            assert!(matches!(changed.status.as_u16(), 200 | 401 | 403), "{}", changed.text());
            race.assert_ended(&user).await;
            if let Some(renewed) = changed.json().get("token").and_then(Value::as_str) {
                race.assert_ended(&race.site().anon().with_token(renewed)).await;
            }
            opens(&race, "ann", &given, &[&own, &current]).await;
            current = given;
        }
    }
}

// An upgraded hash is that of an earlier login's password. A concurrent change must stay.
#[async_test(worker_threads = 4)]
async fn a_password_change_is_not_undone_by_a_hash_upgrade() {
    let weak = [("hashing.scheme", "pbkdf2-sha256")];
    for nodes in [1, 2] {
        let race = Race::of(nodes, &[], &[]).await;
        let id = UserId(race.site().create("ann", "user").await);
        let weaker = race.site().another_node(&weak).await;
        let mut current = password_of("ann");
        for round in rounds() {
            // Like an imported hash: weaker than the current settings, so that the login schedules an upgrade.
            let set =
                change_password::as_operator(&weaker.app, id, NewPassword::of_operator(Password::new(current.clone())))
                    .await;
            assert!(matches!(set, Ok(Ok(_))));
            race.node(1).begin("ann", &current, "body").await.assert_status(201);
            let new = format!("a violin in the greenhouse {round}");
            let (upgrading, changing) = (race.node(1).app.clone(), race.node(0).app.clone());
            let password = Password::new(new.clone());
            let upgrade = async move { upgrade_hash::perform_pending(&upgrading).await.unwrap() == 1 };
            let change = async move {
                let outcome =
                    change_password::as_operator(&changing, id, NewPassword::of_operator(password)).await.unwrap();
                outcome.is_ok()
            };
            assert_eq!(race.meet(upgrade, change).await, [true, true]);
            opens(&race, "ann", &new, &[&current]).await;
            current = new;
        }
    }
}
