//! `doorward session …`, beside a running server.

use std::time::Duration;

use doorward_test_macros::async_test;
use serde_json::json;

use super::Operator;
use crate::support::TcpClient;

fn log_in(web: &TcpClient, name: &str) -> TcpClient {
    let mut web = web.clone();
    assert_eq!(web.log_in(name, &format!("the password of {name}")).status, 200);
    web
}

#[async_test]
async fn sessions_can_be_listed_and_revoked() {
    let operator = Operator::new().await;
    operator.creates("ann", "admin");
    operator.creates("bob", "user");
    let server = operator.program.serve();
    assert_eq!(operator.shows(&["session", "list"]), json!([]));
    let mut ann = log_in(&server.web, "ann");
    let mut bobs = [log_in(&server.web, "bob"), log_in(&server.web, "bob"), log_in(&server.web, "bob")];

    let all = operator.shows(&["session", "list"]);
    assert_eq!(all.as_array().unwrap().len(), 4);
    let of_bob = operator.shows(&["session", "list", "--user", "BOB"]);
    assert_eq!(of_bob.as_array().unwrap().len(), 3);
    let first = &of_bob[0];
    assert_eq!((&first["user_id"], &first["user_name"]), (&json!(2), &json!("bob")));
    assert!(first["created_at"].is_string() && first["last_used_at"].is_string() && first["ends_at"].is_string());
    for web in [&ann].into_iter().chain(&bobs) {
        let token = web.cookie.as_ref().unwrap().strip_prefix("session=").unwrap();
        assert!(!all.to_string().contains(token), "a token is shown");
    }
    let table = operator.does(&["session", "list"]);
    assert!(table.lines().count() == 5 && table.starts_with("ID  "), "{table}");
    assert!(table.contains(first["id"].as_str().unwrap()), "{table}");

    // Exactly one of the three has ended.
    assert_eq!(operator.does(&["session", "revoke", first["id"].as_str().unwrap()]), "sessions ended: 1\n");
    let live = bobs.iter_mut().filter_map(|bob| (bob.get("/user/2").status == 200).then_some(())).count();
    assert_eq!(live, 2);
    operator.is_refused(&["session", "revoke", first["id"].as_str().unwrap()], "refused: no such session");

    assert_eq!(operator.does(&["session", "revoke", "--user", "bob"]), "sessions ended: 2\n");
    assert!(bobs.iter_mut().all(|bob| bob.get("/user/2").status == 401));
    assert_eq!(ann.get("/user/1").status, 200);
    assert_eq!(operator.does(&["session", "revoke", "--user", "bob"]), "sessions ended: 0\n");
    log_in(&server.web, "bob");
    assert_eq!(operator.does(&["session", "revoke", "--all"]), "sessions ended: 2\n");
    assert_eq!(ann.get("/user/1").status, 401);
    for arguments in [["session", "list", "--user", "nobody"], ["session", "revoke", "--user", "nobody"]] {
        operator.is_refused(&arguments, "refused: no such user");
    }
}

#[async_test]
async fn ended_sessions_are_not_listed() {
    let operator = Operator::new().await;
    operator.creates("ann", "user");
    let server = operator.program.serve();
    log_in(&server.web, "ann");
    assert_eq!(operator.shows(&["session", "list"]).as_array().unwrap().len(), 1);
    operator.database.move_last_use_back(Duration::from_millis(86_400_001)).await;
    assert_eq!(operator.shows(&["session", "list"]), json!([]));
}

#[async_test]
async fn revoke_accepts_exactly_one_selection() {
    let operator = Operator::new().await;
    for arguments in [
        ["session", "revoke"].as_slice(),
        &["session", "revoke", "--all", "--user", "ann"],
        &["session", "revoke", "0191d3a0-0000-7000-8000-000000000000", "--all"],
        &["session", "revoke", "not-an-id"],
    ] {
        assert_eq!(operator.program.run(arguments).code, 2, "{arguments:?}");
    }
    let unknown = ["session", "revoke", "0191d3a0-0000-7000-8000-000000000000"];
    operator.is_refused(&unknown, "refused: no such session");
}
