//! `doorward role …`, and the scripts of `doorward completions`.

use doorward_test_macros::async_test;
use serde_json::json;

use super::Operator;

#[async_test]
async fn roles_are_created_shown_changed_and_deleted() {
    let operator = Operator::new().await;
    let line = operator.does(&["role", "create", "support", "users:read,sessions:read", "tickets:close"]);
    assert_eq!(line, "created the role support\n");
    let shown = operator.shows(&["role", "show", "support"]);
    assert_eq!(
        (&shown["name"], &shown["permissions"]),
        (&json!("support"), &json!(["sessions:read", "tickets:close", "users:read"]))
    );
    assert!(shown["created_at"].as_str().unwrap().ends_with('Z'));
    let listed = operator.shows(&["role", "list"]);
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert_eq!((names, &listed[1]), (vec!["admin", "support", "user"], &shown));
    assert!(operator.does(&["role", "list"]).contains("sessions:read tickets:close users:read"));
    assert!(
        operator.does(&["role", "show", "support"]).contains("permissions  sessions:read tickets:close users:read\n")
    );

    let line = operator.does(&["role", "edit", "support", "users:read"]);
    assert_eq!(line, "the role support has the permissions: users:read\n");
    operator.does(&["role", "edit", "support", "--none"]);
    assert_eq!(operator.shows(&["role", "show", "support"])["permissions"], json!([]));
    assert_eq!(operator.does(&["role", "delete", "support"]), "the role support is deleted\n");
    operator.is_refused(&["role", "show", "support"], "refused: no such role: \"support\"");
    // Each change is in the audit log, with the operator as its actor.
    let log = operator.does(&["audit", "export"]);
    let changes: Vec<_> = log.lines().filter(|line| line.contains("privilege_permissions_changed")).collect();
    assert!(changes.len() == 4 && changes.iter().all(|line| line.contains("operator")), "{log}");
}

#[async_test]
async fn what_the_api_refuses_for_roles_the_command_refuses_too() {
    let operator = Operator::new().await;
    operator.does(&["role", "create", "support"]);
    operator.does(&["role", "create", "used", "users:read"]);
    operator.does(&["role", "create", "boss", "roles:write"]);
    operator.creates("ann", "used");
    operator.creates("root", "boss");
    let built_in = "refused: the roles admin and user cannot be deleted";
    let form = "refused: permissions must have the form noun:verb, as in users:read, and be at most 60";
    for (arguments, line) in [
        (["role", "create", "support"].as_slice(), "refused: another role has this name"),
        (&["role", "create", "x", "users"], form),
        (&["role", "edit", "support", "Users:read"], form),
        (&["role", "edit", "nobody", "users:read"], "refused: no such role: \"nobody\""),
        (&["role", "edit", "NOBODY", "users:read"], "refused: no such role: \"NOBODY\""),
        (&["role", "edit", "admin", "users:read"], "refused: the role admin keeps all of Doorward's own permissions"),
        (&["role", "edit", "boss", "--none"], "refused: this is the last administrator; create another one first"),
        (&["role", "delete", "admin"], built_in),
        (&["role", "delete", "user"], built_in),
        (&["role", "delete", "used"], "refused: users have this role; give them another role first"),
        (&["role", "delete", "nobody"], "refused: no such role: \"nobody\""),
    ] {
        operator.is_refused(arguments, line);
    }
    let ran = operator.program.run(&["role", "create", "Support"]);
    assert!(ran.code == 1 && ran.stderr.starts_with("refused: the name of a role must be"), "{ran:?}");
    for arguments in [["role", "edit", "support"].as_slice(), &["role", "edit", "support", "users:read", "--none"]] {
        assert_eq!(operator.program.run(arguments).code, 2, "{arguments:?}");
    }
}

#[async_test]
async fn a_script_completes_commands_in_each_shell() {
    let operator = Operator::new().await;
    for (shell, beginning) in
        [("bash", "_doorward() {"), ("zsh", "#compdef doorward"), ("fish", "complete -c doorward")]
    {
        let script = operator.does(&["completions", shell]);
        assert!(script.contains(beginning), "{shell}: {}", &script[..200]);
        for word in ["set-password", "doctor", "must-change-password"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(operator.program.run(&["completions", "cmd"]).code, 2);
}
