//! E10 and E14 of threats.md: a change that ends a user's sessions ends concurrent logins too, permanently.

use axum::http::Method;
use doorward::{
    model::UserId,
    ops::{
        accounts::{
            change_password::{self, NewPassword},
            delete, disable,
        },
        sessions::end,
    },
};
use doorward_password::Password;
use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Client, Race, Site, race::rounds, site::password_of};

const USERS: &str = "/api/v1/users";
const CURRENT: &str = "/api/v1/sessions/current";
const NEW: &str = "a violin in the greenhouse";

/// A change that ends a user's sessions and invalidates the password: by an administrator through the API and the
/// contracts, by the operator, and by the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Disable,
    DisableAsOperator,
    Delete,
    DeleteByTheOldRoute,
    DeleteAsOperator,
    SetPassword,
    SetPasswordAsOperator,
    ChangeOwnPassword,
    ChangeOwnByTheOldRoute,
}

const ENDS: [End; 9] = [
    End::Disable,
    End::DisableAsOperator,
    End::Delete,
    End::DeleteByTheOldRoute,
    End::DeleteAsOperator,
    End::SetPassword,
    End::SetPasswordAsOperator,
    End::ChangeOwnPassword,
    End::ChangeOwnByTheOldRoute,
];

/// The user whose sessions end, with one of these sessions.
struct Ann {
    id: i64,
    path: String,
    name: String,
    own: Client,
}

async fn perform(end: End, node: &Site, [mut root, mut browser]: [Client; 2], ann: &Ann) {
    let Ann { id, path, name, own } = ann;
    let mut own = own.through(&node.router);
    let given = json!({ "new_password": NEW });
    let changed = json!({ "new_password": NEW, "current_password": password_of(name) });
    let old = json!({ "password": NEW });
    let user = UserId(*id);
    match end {
        End::Disable => drop(root.post(&format!("{path}/disable"), json!({})).await.assert_status(200)),
        End::DisableAsOperator => {
            let outcome = disable::disable_as_operator(&node.app, user).await.unwrap();
            assert!(outcome.is_ok(), "{outcome:?}");
        }
        End::Delete => drop(root.delete(path).await.assert_status(204)),
        End::DeleteByTheOldRoute => drop(browser.delete(&format!("/user/{id}")).await.assert_status(200)),
        End::DeleteAsOperator => {
            assert_eq!(delete::as_operator(&node.app, user).await.unwrap(), Ok(()));
        }
        End::SetPassword => drop(root.put(&format!("{path}/password"), given).await.assert_status(200)),
        End::SetPasswordAsOperator => {
            let new = NewPassword::of_operator(Password::new(NEW.to_owned()));
            let outcome = change_password::as_operator(&node.app, user, new).await.unwrap();
            assert!(outcome.is_ok(), "{outcome:?}");
        }
        End::ChangeOwnPassword => drop(own.put(&format!("{USERS}/me/password"), changed).await.assert_status(200)),
        End::ChangeOwnByTheOldRoute => {
            own.put(&format!("/user/update-password/{id}"), old).await.assert_status(200);
        }
    }
}

/// Logs in through a contract or the API. Returns the new session, if any.
async fn log_in(mut client: Client, name: String, is_old_route: bool) -> Option<Client> {
    let reply = if is_old_route {
        client.log_in(&name, &password_of(&name)).await
    } else {
        let body = json!({ "name": name, "password": password_of(&name), "token": "body" });
        client.post("/api/v1/sessions", body).await
    };
    match reply.status.as_u16() {
        200 => Some(client),
        201 => Some(client.with_token(reply.json()["token"].as_str().unwrap())),
        401 => None,
        other => panic!("{other}: {}", reply.text()),
    }
}

// E14
#[async_test(worker_threads = 4)]
async fn no_concurrent_login_outlives_the_end_of_its_users_sessions() {
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        let browser = race.site().log_in("root").await;
        for round in rounds() {
            let (end, name) = (ENDS[round % ENDS.len()], format!("ann {round}"));
            let id = race.site().create(&name, "user").await;
            let path = format!("{USERS}/{}", race.site().uid_of(&name).await);
            let others = [race.site().log_in(&name).await, race.site().bearer(&name).await];
            let ann = Ann { id, path, name: name.clone(), own: race.site().log_in(&name).await };
            let login = log_in(race.node(0).anon(), name.clone(), (round / ENDS.len()).is_multiple_of(2));
            let clients = [&race.root, &browser].map(|client| race.client(1, client));
            let node = race.node(1).clone();
            let ending = async move {
                perform(end, &node, clients, &ann).await;
                None
            };
            let [session, _] = race.meet(login, ending).await;
            for client in session.iter().chain(&others) {
                race.assert_ended(client).await;
            }
            let is_own = matches!(end, End::ChangeOwnPassword | End::ChangeOwnByTheOldRoute);
            let left = race.site().sessions_of(&name).await.len();
            assert_eq!(left, usize::from(is_own), "{end:?}");
            // Enabling the account restores no session. The harness checks all of them again.
            if matches!(end, End::Disable | End::DisableAsOperator) {
                assert!(disable::enable_as_operator(&race.site().app, UserId(id)).await.unwrap());
            }
        }
    }
}

/// Ends one or all sessions of a user and keeps the password. Returns false if the session was not found.
async fn revoke(round: usize, node: &Site, [mut root, mut own]: [Client; 2], (id, path): (i64, String)) -> bool {
    let status = match round % 3 {
        0 => own.delete(CURRENT).await.status.as_u16(),
        1 => root.delete(&format!("{path}/sessions")).await.status.as_u16(),
        _ => {
            end::all_of(&node.app, UserId(id)).await.unwrap();
            204
        }
    };
    // Logging out with a token that was replaced before gets 401.
    assert!(status == 204 || (status == 401 && round.is_multiple_of(3)), "{status}");
    status == 204
}

// E7, E9: a session is ended while it gets a new token.
#[async_test(worker_threads = 4)]
async fn a_session_ended_while_it_is_renewed_is_invalid_with_either_token() {
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        let id = race.site().create("ann", "user").await;
        let path = format!("{USERS}/{}", race.site().uid_of("ann").await);
        let mut current = password_of("ann");
        for round in rounds() {
            let session = race.site().bearer_with("ann", &current).await;
            let new = format!("a violin in the greenhouse {round}");
            let mut changer = race.client(0, &session);
            let body = json!({ "current_password": current, "new_password": new });
            let renewal = async move { Ok(changer.put(&format!("{USERS}/me/password"), body).await) };
            let (other, clients) = (race.node(1).clone(), [&race.root, &session].map(|client| race.client(1, client)));
            let place = (id, path.clone());
            let end = async move { Err(revoke(round, &other, clients, place).await) };
            let [Ok(renewed), Err(is_ended)] = race.meet(renewal, end).await else {
                panic!("the outcomes are swapped")
            };
            race.assert_ended(&session).await;
            assert_eq!(race.site().sessions_of("ann").await.len(), usize::from(!is_ended));
            if renewed.status == 200 {
                current = new;
                let token = renewed.json()["token"].as_str().unwrap().to_owned();
                let mut client = race.site().anon().with_token(&token);
                if !is_ended {
                    client.delete(CURRENT).await.assert_status(204);
                }
                race.assert_ended(&client).await;
            } else {
                renewed.assert_problem(401, "not_signed_in");
            }
        }
    }
}

// E10: twenty clients send requests in a loop while their account is disabled.
#[async_test(worker_threads = 4)]
async fn looping_clients_are_logged_out_when_the_account_is_disabled() {
    let race = Race::over(2).await;
    race.site().create("ann", "user").await;
    let path = format!("{USERS}/{}", race.site().uid_of("ann").await);
    let mut clients = Vec::new();
    for number in 0..20 {
        clients.push(race.client(number, &race.site().bearer("ann").await));
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
                        client.get(CURRENT).await
                    };
                    if reply.status == 401 {
                        return;
                    }
                    assert!(matches!(reply.status.as_u16(), 200 | 503), "{}", reply.text());
                }
                panic!("the session was never ended");
            })
        })
        .collect();
    tokio::task::yield_now().await;
    // Many concurrent writes to the account may make this one fail, so it is repeated.
    let (mut tries, mut root) = (0, race.root.clone());
    while root.send(Method::POST, &format!("{path}/disable"), None).await.status != 200 {
        tries += 1;
        assert!(tries < 1000, "the account could not be disabled");
    }
    for client in &clients {
        race.assert_ended(client).await;
    }
    for task in loops {
        task.await.unwrap();
    }
}
