//! H2 of threats.md: many clients request one name in many spellings. Exactly one succeeds, and has the account.

use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{
    Race,
    race::{contender, rounds},
};

const PASSWORD: &str = "a violin in the greenhouse";

/// The number of concurrent sign-ups.
const SIGN_UPS: usize = 50;
/// Spellings of one name.
const SPELLINGS: [&str; 10] = [
    "Zo\u{eb} Smith",
    "zo\u{eb} smith",
    "ZO\u{cb} SMITH",
    " Zo\u{eb} Smith",
    "Zo\u{eb} Smith ",
    "Zoe\u{308} Smith",
    "ZOE\u{308} SMITH",
    "Zo\u{eb}\u{a0}Smith",
    "\u{ff3a}o\u{eb} Smith",
    "zo\u{eb} \u{17f}mith",
];

/// The name of a round, in the spelling of this contender.
fn spelled(number: usize, round: usize) -> String {
    SPELLINGS[number % SPELLINGS.len()].replace('t', &format!("t{round}")).replace('T', &format!("T{round}"))
}

// H2
#[async_test(worker_threads = 4)]
async fn of_fifty_sign_ups_of_one_name_at_once_one_succeeds() {
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        for round in rounds() {
            let sign_ups = (0..SIGN_UPS).map(|number| {
                let mut client = race.node(number).anon();
                let (name, password) = (spelled(number, round), format!("the password of number {number}"));
                // A quarter through each contract, and half through the API.
                let (path, body) = match number % 4 {
                    0 => ("/signup", json!({ "username": name, "password": password })),
                    1 => ("/user", json!({ "username": name, "password": password })),
                    _ => ("/api/v1/users", json!({ "name": name, "password": password })),
                };
                contender(async move { client.post(path, body).await.status.as_u16() })
            });
            let statuses = race.round(sign_ups.collect()).await;
            let winners: Vec<_> = (0..SIGN_UPS).filter(|number| matches!(statuses[*number], 200 | 201)).collect();
            let [winner] = winners[..] else { panic!("{statuses:?}") };
            for (number, status) in statuses.iter().enumerate().filter(|(number, _)| *number != winner) {
                assert_eq!(*status, if number % 4 == 1 { 400 } else { 409 }, "{statuses:?}");
            }
            let users = race.site().database.value("SELECT COUNT(*) FROM dw_users").await;
            assert_eq!(users, (round + 2).to_string());
            // The client that got the success has the account.
            let password = format!("the password of number {winner}");
            assert_eq!(race.site().anon().log_in(&spelled(winner, round), &password).await.status, 200);
        }
    }
}

// H2: a rename and a sign-up, or two renames.
#[async_test(worker_threads = 4)]
async fn of_concurrent_renames_and_sign_ups_of_one_name_one_succeeds() {
    for nodes in [1, 2] {
        let race = Race::over(nodes).await;
        let mut paths = Vec::new();
        for name in ["ann", "bob"] {
            race.site().create(name, "user").await;
            paths.push(format!("/api/v1/users/{}", race.site().uid_of(name).await));
        }
        for round in rounds() {
            let (one, two) = (format!("Eve {round}"), format!("EVE {round} "));
            let (mut first, mut second) = (race.client(0, &race.root), race.client(1, &race.root));
            let (ann, bob, is_sign_up) = (paths[0].clone(), paths[1].clone(), round % 2 == 0);
            let mut visitor = race.node(1).anon();
            let rename = async move { first.patch(&ann, json!({ "name": one })).await };
            let other = async move {
                if is_sign_up {
                    visitor.post("/api/v1/users", json!({ "name": two, "password": PASSWORD })).await
                } else {
                    second.patch(&bob, json!({ "name": two })).await
                }
            };
            let replies = race.meet(rename, other).await;
            let refused = replies.iter().filter(|reply| !reply.status.is_success()).collect::<Vec<_>>();
            assert_eq!(refused.len(), 1, "{} {}", replies[0].text(), replies[1].text());
            refused[0].assert_problem(409, "name_taken");
            let key: String = format!("eve {round}").bytes().map(|byte| format!("{byte:02x}")).collect();
            let sql = format!("SELECT COUNT(*) FROM dw_users WHERE name_key = X'{key}'");
            assert_eq!(race.site().database.value(&sql).await, "1");
        }
    }
}
