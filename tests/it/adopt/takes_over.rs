//! A run adopts ids, names, passwords and roles, from every location.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{LOCATIONS, LegacySetup, Location, assert_login, bcrypt, log_in, quoted, werkzeug};

#[async_test]
async fn users_of_signup_login_can_log_in_after_a_run() {
    for location in LOCATIONS {
        let setup = LegacySetup::users(location).await;
        setup.add(3, "Ann Lee", &werkzeug("secret of ann")).await;
        setup.add(7, "bob", &werkzeug("secret of bob")).await;
        setup.add(41, "Ünal 😀", &werkzeug("pässword")).await;
        let (left, summary) = setup.run();
        assert_eq!((left.len(), &summary["adopted"]), (0, &json!(3)), "{location:?}: {summary}");

        let site = setup.site().await;
        for (id, name, password) in
            [(3, "Ann Lee", "secret of ann"), (7, "bob", "secret of bob"), (41, "Ünal 😀", "pässword")]
        {
            let (status, mut client) = log_in(&site, name, password).await;
            assert_login(status, true, name);
            client.get(&format!("/user/{id}")).await.assert_json(200, json!({ "username": name }));
            assert_login(log_in(&site, name, "another password").await.0, false, name);
        }
        // The hash was copied unchanged.
        let legacy_hash = setup.legacy.value("SELECT password FROM users WHERE id = 3").await;
        assert_eq!(setup.own.value("SELECT secret FROM dw_credentials WHERE user_id = 3").await, legacy_hash);
    }
}

#[async_test]
async fn users_of_user_crud_keep_their_roles() {
    for location in LOCATIONS {
        let setup = LegacySetup::user(location).await;
        for (id, name, role) in [(1, "root", "admin"), (2, "ann", "user"), (3, "eve", "editor"), (4, "may", "Admin")] {
            let password = quoted(&bcrypt(&format!("secret of {name}")));
            setup
                .legacy
                .execute(&format!(
                    "INSERT INTO user (id, username, password, role) VALUES ({id}, '{name}', {password}, '{role}')"
                ))
                .await;
        }
        let (left, summary) = setup.run();
        assert_eq!((left.len(), &summary["adopted"]), (0, &json!(4)), "{location:?}: {summary}");

        let site = setup.site().await;
        let (_, mut root) = log_in(&site, "root", "secret of root").await;
        root.delete("/user/2").await.assert_json(200, json!({ "message": "User successfully deleted." }));
        // A role with a similar name is not the administrator's.
        for name in ["eve", "may"] {
            let (_, mut client) = log_in(&site, name, &format!("secret of {name}")).await;
            assert_eq!(client.delete("/user/1").await.status, 401, "{name}");
        }
    }
}

#[async_test]
async fn clear_text_passwords_are_hashed_by_a_run() {
    for location in LOCATIONS {
        let setup = LegacySetup::user(location).await;
        setup.add(1, "ann", "canary in clear").await;
        setup.add(2, "bob", &bcrypt("secret of bob")).await;
        // More users than threads, in two batches of statements.
        for id in 3..=70 {
            setup.add(id, &format!("person {id}"), &format!("my word {id}")).await;
        }
        let (left, summary) = setup.run_accepting();
        assert_eq!((left.len(), &summary["adopted"], &summary["plain_text_hashed"]), (0, &json!(70), &json!(69)));

        let hashes = setup.own.rows("SELECT secret FROM dw_credentials WHERE user_id <> 2").await;
        assert!(hashes.iter().all(|row| row[0].starts_with("$argon2id$")), "{hashes:?}");
        assert!(!format!("{:?}", setup.state().await).contains("canary"));
        let site = setup.site().await;
        assert_login(log_in(&site, "ann", "canary in clear").await.0, true, "ann");
        assert_login(log_in(&site, "person 70", "my word 70").await.0, true, "person 70");
        assert_login(log_in(&site, "person 70", "my word 69").await.0, false, "person 70");
    }
}

#[async_test]
async fn a_second_run_changes_nothing() {
    for location in LOCATIONS {
        let setup = LegacySetup::user(location).await;
        setup.add(1, "ann", "in clear").await;
        setup.add(2, "bob", &bcrypt("secret of bob")).await;
        setup.add(3, "locked", "!").await;
        let (first, _) = setup.run_accepting();
        let before = setup.state().await;
        let (second, summary) = setup.run();
        assert_eq!(
            (&first, &summary["adopted"], &summary["already_here"]),
            (&second, &json!(0), &json!(2)),
            "{location:?}"
        );
        assert_eq!(setup.state().await, before, "{location:?}");
    }
}

#[async_test]
async fn many_rows_are_adopted_in_pages_and_new_rows_by_a_later_run() {
    for location in LOCATIONS {
        let setup = LegacySetup::users(location).await;
        setup.add_many(2500, &werkzeug("the same")).await;
        // A duplicate name prevents a single statement for the page.
        setup.add(9001, "ＰＥＲＳＯＮ 1001", &werkzeug("the same")).await;
        let (left, summary) = setup.run();
        assert_eq!((left.len(), &summary["adopted"]), (1, &json!(2500)), "{location:?}: {summary}");
        assert_eq!(setup.own.value("SELECT COUNT(*) FROM dw_users WHERE name = CONCAT('person ', id)").await, "2500");
        setup.add(9002, "new", &werkzeug("the same")).await;
        let (_, summary) = setup.run();
        assert_eq!((&summary["adopted"], &summary["already_here"]), (&json!(1), &json!(2500)), "{location:?}");
    }
}

#[async_test]
async fn an_empty_table_can_be_adopted() {
    for location in LOCATIONS {
        let setup = LegacySetup::users(location).await;
        assert_eq!(setup.shows("scan")["rows"], json!(0));
        let (left, summary) = setup.run();
        assert_eq!((left.len(), &summary["rows"]), (0, &json!(0)), "{location:?}");
        assert_eq!(setup.shows("status")["rows_there"], json!(0));
    }
}

#[async_test]
async fn the_configuration_can_name_the_table() {
    let setup = LegacySetup::users(Location::Other).await;
    setup.add(1, "ann", &werkzeug("secret of ann")).await;
    let program = setup.program.clone().set("adopt.from", &setup.legacy.url).set("adopt.table", "users");
    let ran = program.run(&["adopt", "run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("        1  adopted\n"), "{}", ran.stdout);
    // Without a location, the table is in Doorward's own database.
    let setup = LegacySetup::users(Location::Same).await;
    setup.add(1, "ann", &werkzeug("secret of ann")).await;
    let ran = setup.program.run(&["adopt", "run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("        1  adopted\n"), "{}", ran.stdout);
}
