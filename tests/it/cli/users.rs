//! `doorward user …`, by name and by id, with and without a running server.

use doorward::model::{Clock, UserId};
use doorward_test_macros::async_test;
use serde_json::{Value, json};

use super::Operator;

const NO_SUCH: &str = "refused: no such user";
const LAST: &str = "refused: this is the last administrator; create another one first";

#[async_test]
async fn users_can_be_created_shown_and_listed() {
    let operator = Operator::new().await;
    assert_eq!(operator.shows(&["user", "list"]), json!([]));
    let line =
        operator.does_with_input(&["user", "create", "Ann Lee", "--password-stdin"], "a password that is long\n");
    assert_eq!(line, "created user 1 with the role user: Ann Lee\n");
    let command = ["user", "create", "bob", "--role", "admin", "--password-stdin", "--json"];
    let created = operator.does_with_input(&command, "a password that is long");
    let created: Value = serde_json::from_str(&created).unwrap();
    assert_eq!(created, json!({ "id": 2, "name": "bob", "role": "admin" }));

    let ann = operator.shows(&["user", "show", "Ann Lee"]);
    assert_eq!((&ann["id"], &ann["name"], &ann["role"]), (&json!(1), &json!("Ann Lee"), &json!("user")));
    assert_eq!((&ann["last_login_at"], &ann["disabled_at"]), (&Value::Null, &Value::Null));
    assert_eq!(ann["uid"].as_str().unwrap().len(), 36);
    assert!(ann["created_at"].as_str().unwrap().ends_with('Z'), "{ann}");
    assert!(!ann.to_string().contains("argon2"), "a hash is shown: {ann}");
    // Found by the folded name, and by id.
    assert_eq!(operator.shows(&["user", "show", " ANN LEE "]), ann);
    assert_eq!(operator.shows(&["user", "show", "1", "--by-id"]), ann);
    let mut listed = ann.clone();
    let failed = listed.as_object_mut().unwrap().remove("failed_logins").unwrap();
    assert_eq!(failed, json!({ "count": 0, "next_try_at": null, "closed_until": null }));
    assert_eq!(operator.shows(&["user", "list"])[0], listed);

    let table = operator.does(&["user", "list"]);
    let lines: Vec<_> = table.lines().collect();
    assert!(lines.len() == 3 && lines[0].starts_with("ID  NAME     ROLE"), "{table}");
    assert!(lines[1].starts_with("1   Ann Lee  user ") && lines[2].starts_with("2   bob      admin"), "{table}");
    let shown = operator.does(&["user", "show", "bob"]);
    assert!(shown.contains("role        admin\n") && shown.contains("login       open\n"), "{shown}");
}

#[async_test]
async fn invalid_users_are_not_created() {
    let operator = Operator::new().await;
    operator.creates("ann", "user");
    let create = |name: &'static str, role: &'static str| ["user", "create", name, "--role", role, "--password-stdin"];
    let password = "a password that is long\n";
    for (arguments, line) in [
        (create("ANN", "user"), "refused: the name is already in use"),
        (create("bob", "root"), "refused: no such role: \"root\""),
        (create(" ", "user"), "refused: Username must not be blank"),
        (create("b\u{202e}ob", "user"), "refused: Username must not contain control or invisible characters"),
    ] {
        operator.is_refused_with_input(&arguments, password, line);
    }
    let long = "b".repeat(101);
    operator.is_refused(&["user", "create", &long], "refused: Username must be at most 100 characters long");
    assert_eq!(operator.shows(&["user", "list"]).as_array().unwrap().len(), 1);
}

#[async_test]
async fn no_user_is_found_by_a_wrong_name_or_id() {
    let operator = Operator::new().await;
    operator.creates("ann", "user");
    // A name that looks like an id is still a name.
    operator.creates("2", "user");
    assert_eq!(operator.shows(&["user", "show", "2"])["id"], json!(2));
    for arguments in [
        ["user", "show", "nobody"].as_slice(),
        &["user", "show", "3"],
        &["user", "set-role", "1", "admin"],
        &["user", "show", "ann", "--by-id"],
        &["user", "show", "99", "--by-id"],
        &["user", "show", "-1", "--by-id"],
        &["user", "show", "99999999999999999999", "--by-id"],
        &["user", "set-role", "nobody", "admin"],
        &["user", "set-password", "nobody", "--password-stdin"],
        &["user", "disable", "nobody"],
        &["user", "enable", "99", "--by-id"],
        &["user", "delete", "nobody"],
        &["user", "show", "a\u{1b}[31m"],
    ] {
        let ran = operator.program.run(arguments);
        // `-1` looks like a flag, and is refused as one.
        assert!(ran.code == 1 && ran.stderr.trim_end() == NO_SUCH || ran.code == 2, "{arguments:?}: {ran:?}");
    }
}

#[async_test]
async fn changes_apply_to_a_running_server() {
    let operator = Operator::new().await;
    let server = operator.program.serve();
    operator.creates("boss", "admin");
    operator.creates("ann", "user");
    let mut ann = server.web.clone();
    assert_eq!(ann.log_in("ann", "the password of ann").status, 200);
    assert_eq!(ann.send("DELETE", "/user/99", None).unwrap().status, 401);

    assert_eq!(operator.does(&["user", "set-role", "ann", "admin"]), "ann now has the role admin\n");
    // The new permissions have ended the former session.
    ann.get("/user/2").assert_json(401, json!({ "message": "Unauthorized" }));
    assert_eq!(ann.log_in("ann", "the password of ann").status, 200);
    assert_eq!(ann.send("DELETE", "/user/99", None).unwrap().status, 404);
    assert_eq!(operator.does(&["user", "set-role", "2", "user", "--by-id"]), "ann now has the role user\n");
    assert_eq!(ann.send("DELETE", "/user/99", None).unwrap().status, 401);

    let set = ["user", "set-password", "ann", "--password-stdin"];
    let line = operator.does_with_input(&set, "another password of ann\n");
    assert_eq!(line, "the password of ann is set; sessions ended: 1; it must be changed at the next login\n");
    ann.get("/user/2").assert_json(401, json!({ "message": "Unauthorized" }));
    assert_eq!(ann.log_in("ann", "the password of ann").status, 401);
    assert_eq!(ann.log_in("ann", "another password of ann").status, 200);
    assert_ne!(operator.shows(&["user", "show", "ann"])["last_login_at"], Value::Null);

    assert_eq!(operator.does(&["user", "disable", "ann"]), "ann is disabled; sessions ended: 1\n");
    ann.get("/user/2").assert_json(401, json!({ "message": "Unauthorized" }));
    ann.log_in("ann", "another password of ann").assert_json(401, json!({ "error": "Invalid username or password" }));
    assert_ne!(operator.shows(&["user", "show", "ann"])["disabled_at"], Value::Null);
    assert_eq!(operator.does(&["user", "enable", "2", "--by-id"]), "ann is enabled\n");
    assert_eq!(ann.log_in("ann", "another password of ann").status, 200);

    assert_eq!(operator.does(&["user", "delete", "ann"]), "ann is deleted\n");
    ann.get("/user/2").assert_json(401, json!({ "message": "Unauthorized" }));
    operator.is_refused(&["user", "delete", "ann"], NO_SUCH);
    // The id is not used again.
    operator.creates("ann", "user");
    assert_eq!(operator.shows(&["user", "show", "ann"])["id"], json!(3));
}

#[async_test]
async fn the_last_administrator_is_kept() {
    let operator = Operator::new().await;
    operator.creates("boss", "admin");
    operator.creates("ann", "user");
    let ways: [&[&str]; 4] = [
        &["user", "delete", "boss"],
        &["user", "delete", "1", "--by-id"],
        &["user", "disable", "boss"],
        &["user", "set-role", "boss", "user"],
    ];
    for way in ways {
        operator.is_refused(way, LAST);
    }
    // A disabled administrator does not count.
    operator.creates("deputy", "admin");
    operator.does(&["user", "disable", "deputy"]);
    for way in ways {
        operator.is_refused(way, LAST);
    }
    operator.does(&["user", "enable", "deputy"]);
    operator.does(&["user", "set-role", "boss", "user"]);
    operator.is_refused(&["user", "delete", "deputy"], LAST);
    operator.is_refused(&["user", "set-role", "boss", "root"], "refused: no such role: \"root\"");
    assert_eq!(operator.shows(&["user", "list"]).as_array().unwrap().len(), 3);
}

/// G15: foreign names must not control the operator's terminal.
#[async_test]
async fn names_are_escaped_for_the_terminal() {
    let operator = Operator::new().await;
    operator.creates("ann", "user");
    operator.creates("bob", "user");
    // ESC [ 2 J, a line feed, a bidirectional override and a zero-width blank, as no sign-up would accept them.
    operator.database.set_shown_name(1, "e\u{1b}[2J\n\u{202e}\u{200b}").await;
    for arguments in
        [["user", "list"].as_slice(), &["user", "show", "1", "--by-id"], &["user", "disable", "1", "--by-id"]]
    {
        let printed = operator.does(arguments);
        assert!(printed.contains("e\\u{1b}[2J\\u{a}\\u{202e}\\u{200b}"), "{printed:?}");
        assert!(!printed.contains(['\u{1b}', '\u{202e}', '\u{200b}']), "{printed:?}");
    }
    assert_eq!(operator.does(&["user", "list"]).lines().count(), 3);
    let exact = operator.shows(&["user", "list"]);
    assert_eq!(exact[0]["name"], json!("e\u{1b}[2J\n\u{202e}\u{200b}"));
    assert!(!operator.does(&["user", "list", "--json"]).contains('\u{1b}'));
}

#[async_test]
async fn user_show_reports_failed_logins_and_unlock_clears_them() {
    let operator = Operator::new().await;
    operator.creates("ann", "user");
    // The delays of the first failures are over by now, but not those of thirty, even on a slow machine.
    let earlier = Clock::System.now().0 - 3_000_000;
    for (count, line) in [
        (3, "login       open; wrong passwords since the last right one: 3\n"),
        (30, "login       waits until "),
        (100, "login       closed until "),
    ] {
        operator.database.set_failures(UserId(1), count, earlier).await;
        let shown = operator.does(&["user", "show", "ann"]);
        assert!(shown.contains(line), "{shown}");
        let json = &operator.shows(&["user", "show", "ann"])["failed_logins"];
        let is_there = [&json["next_try_at"], &json["closed_until"]].map(Value::is_string);
        assert_eq!((&json["count"], is_there), (&json!(count), [count > 3, count == 100]));
    }
    assert_eq!(operator.does(&["user", "unlock", "ANN"]), "password login of ann is open again\n");
    assert_eq!(operator.does(&["user", "unlock", "1", "--by-id"]), "password login of ann was open\n");
    assert!(operator.does(&["user", "show", "ann"]).contains("login       open\n"));
    operator.is_refused(&["user", "unlock", "bob"], NO_SUCH);
}

// As `PUT /api/v1/users/{id}/password` does.
#[async_test]
async fn a_password_that_the_operator_sets_must_be_changed_unless_it_need_not() {
    let operator = Operator::new().await;
    operator.creates("ann", "user");
    let set = |value: Option<&'static str>| {
        let mut command = vec!["user", "set-password", "ann", "--password-stdin"];
        command.extend(value.map(|value| ["--must-change-password", value]).into_iter().flatten());
        operator.does_with_input(&command, "another password of ann\n")
    };
    let must_change = async || operator.database.rows("SELECT password_change_required_at FROM dw_users").await;
    for (value, is_kept) in [(None, false), (Some("false"), true), (Some("true"), false)] {
        let line = set(value);
        assert_eq!(line.contains("must be changed"), !is_kept, "{line}");
        assert_eq!(must_change().await[0][0] == "NULL", is_kept, "{value:?}: {:?}", must_change().await);
    }
}
