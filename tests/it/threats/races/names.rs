//! Section H of threats.md: many at once who want the one thing that only one can have.

use serde_json::json;

use crate::support::Site;

/// One name, as twenty people type it.
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

// H2
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_sign_ups_of_one_name_at_once_one_succeeds() {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    for round in 0..10 {
        let mut sign_ups = Vec::new();
        for number in 0..20 {
            let mut client = if number % 2 == 0 { site.anon() } else { node.anon() };
            let name = SPELLINGS[number / 2].replace('t', &format!("t{round}"));
            let name = name.replace("T", &format!("T{round}"));
            let body = json!({ "username": name, "password": format!("password {number}") });
            sign_ups.push(tokio::spawn(async move { client.post("/signup", body).await.status.as_u16() }));
        }
        let mut statuses = Vec::new();
        for sign_up in sign_ups {
            statuses.push(sign_up.await.unwrap());
        }
        let winner = statuses.iter().position(|status| *status == 201).unwrap();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![201], vec![409; 19]].concat());
        assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, (round + 1).to_string());
        // Who was told so is who got it.
        let name = SPELLINGS[winner / 2].replace('t', &format!("t{round}")).replace('T', &format!("T{round}"));
        assert_eq!(site.anon().log_in(&name, &format!("password {winner}")).await.status, 200);
    }
}
