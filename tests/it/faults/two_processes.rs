//! Two processes with one MariaDB database are one service: neither has state of its own.

use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Database, Program};

#[async_test]
async fn a_session_is_valid_and_ends_on_both_processes() {
    let database = Database::new().await;
    if database.is_sqlite() {
        // Nodes share a MySQL database; an SQLite file belongs to one machine.
        return;
    }
    let program = Program::new(&database);
    let (one, other) = (program.serve(), program.serve());
    let mut ann = one.web.clone();
    ann.sign_up("ann", "the password").assert_json(201, json!({ "message": "User registered successfully" }));
    ann.log_in("ann", "the password").assert_json(200, json!({ "message": "Login successful" }));
    let mut ann_there = ann.at(&other.web);
    ann_there.get("/user/1").assert_json(200, json!({ "username": "ann" }));

    let copies = [ann.clone(), ann_there.clone()];
    ann_there.get("/logout").assert_json(200, json!({ "message": "User logged out." }));
    for mut copy in copies {
        copy.get("/user/1").assert_json(401, json!({ "message": "Unauthorized" }));
    }

    // A password change on one process ends the sessions on both and invalidates the old password on the other.
    ann.log_in("ann", "the password");
    let mut second = other.web.clone();
    second.log_in("ann", "the password");
    let change = json!({ "password": "another password" });
    second.send("PUT", "/user/update-password/1", Some(&change)).unwrap();
    ann.get("/user/1").assert_json(401, json!({ "message": "Unauthorized" }));
    second.at(&one.web).get("/user/1").assert_json(200, json!({ "username": "ann" }));
    one.web.clone().log_in("ann", "the password").assert_json(401, json!({ "error": "Invalid username or password" }));
}
