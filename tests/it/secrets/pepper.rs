//! The pepper: turning it on and off, rotating it and retiring it.

use doorward_test_macros::async_test;
use std::fs;

use doorward::app::{Purpose, Secrets, SecretsDocument};
use doorward::model::{Rng, SecretKey};
use serde_json::json;

use crate::support::{Database, Program, Site, eventually};

#[async_test]
async fn the_pepper_can_be_rotated_and_is_kept_while_hashes_need_it() {
    let database = Database::new().await;
    let program = Program::new(&database);
    let create = |name: &str| {
        let ran = program.run_with_input(&["user", "create", name, "--password-stdin"], b"the password of ann");
        (ran.code, ran.stderr)
    };
    assert_eq!(create("ann").0, 0);
    assert!(database.password_hash("ann").await.starts_with("$argon2id$"));
    assert_eq!(program.run(&["secret", "rotate", "pepper"]).code, 0);
    let file = database.secrets_file();
    let first = fs::read_to_string(&file).unwrap();
    assert_eq!(create("bob").0, 0);
    let bob = database.password_hash("bob").await;
    assert!(bob.starts_with("$dw-pepper$v=1$argon2id$"), "{bob}");
    // `hash verify` reads the pepper from the file.
    let ran = program.run_with_input(&["hash", "verify", "--password-stdin", &bob], b"the password of ann");
    assert_eq!(ran.code, 0, "{ran:?}");

    // Without the pepper, nothing is hashed or served.
    fs::remove_file(&file).unwrap();
    let (code, problem) = create("carl");
    assert!(code == 1 && problem.contains("`pepper.1` is missing, and this database uses it"), "{problem}");
    let ran = program.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(ran.code == 1 && ran.stderr.contains("`pepper.1` is missing, and this database uses it"), "{ran:?}");
    fs::write(&file, &first).unwrap();
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();

    assert_eq!(program.run(&["secret", "rotate", "pepper"]).code, 0);
    let ran = program.run(&["secret", "retire", "pepper", "1"]);
    assert!(ran.code == 1 && ran.stderr.contains("1 password hashes"), "{ran:?}");
    assert_eq!(program.run(&["user", "delete", "bob"]).code, 0);
    assert_eq!(program.run(&["secret", "retire", "pepper", "1"]).code, 0);
}

#[async_test]
async fn the_pepper_can_be_turned_off_and_logins_remove_it() {
    let database = Database::new().await;
    let program = Program::new(&database);
    assert_eq!(program.run(&["secret", "rotate", "pepper"]).code, 0);
    let server = program.serve();
    server
        .web
        .clone()
        .sign_up("ann", "the password of ann")
        .assert_json(201, json!({ "message": "User registered successfully" }));
    drop(server.stop());
    assert!(database.password_hash("ann").await.starts_with("$dw-pepper$v=1$"));

    assert_eq!(program.run(&["secret", "use", "pepper", "0"]).code, 0);
    let server = program.serve();
    let ran = program.run(&["secret", "retire", "pepper", "1"]);
    assert!(ran.code == 1 && ran.stderr.contains("1 password hashes"), "{ran:?}");
    server.web.clone().log_in("ann", "the password of ann").assert_json(200, json!({ "message": "Login successful" }));
    // The upgrade happens in the background, after the answer.
    eventually("a hash without a pepper", || {
        let ran = program.run(&["secret", "retire", "pepper", "1"]);
        (ran.code == 0).then_some(())
    });
    assert!(database.password_hash("ann").await.starts_with("$argon2id$"));
    drop(server.stop());
    let server = program.serve();
    server.web.clone().log_in("ann", "the password of ann").assert_json(200, json!({ "message": "Login successful" }));
    let trail =
        database.rows("SELECT event, details FROM dw_audit_events WHERE event LIKE 'sensitive%' ORDER BY uid").await;
    assert_eq!(
        trail,
        [["sensitive_create", r#"{"secret":"pepper.1"}"#], ["sensitive_update", r#"{"secret":"pepper.1"}"#]]
    );
}

#[async_test]
async fn a_login_adds_the_pepper_and_an_unknown_pepper_refuses_the_login() {
    let mut document = SecretsDocument::default();
    let rng = Rng::system();
    document.rotate(Purpose::Pepper, SecretKey::new(rng.bytes().unwrap()), false).unwrap();
    let site = Site::new().await;
    site.create("ann", "user").await;
    let secrets = || site.app.secrets.clone().with_pepper(document.get(Purpose::Pepper).unwrap().clone());
    let node = |secrets: Secrets| Site::builder().database(site.database.clone()).secrets(secrets).start();
    let peppered = node(secrets()).await;
    peppered.log_in("ann").await;
    peppered.create("bob", "user").await;
    let bob = peppered.database.password_hash("bob").await;
    assert!(bob.starts_with("$dw-pepper$v=1$"), "{bob}");
    assert!(
        peppered
            .app
            .hasher
            .is_weaker(&site.database.password_hash("ann").await, &doorward_password::Password::new(String::new()))
    );
    // A node without the pepper answers as for a wrong password.
    let body = json!({ "username": "bob", "password": crate::support::site::password_of("bob") });
    assert_eq!(site.anon().post("/login", body.clone()).await.status, 401);
    assert_eq!(peppered.anon().post("/login", body).await.status, 200);
}
