//! What a run brings over: numbers, names, passwords and roles, from every place.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{Move, PLACES, Place, bcrypt, is_let_in, log_in, quoted, werkzeug};

#[async_test]
async fn users_of_the_first_contract_log_in_as_before() {
    for place in PLACES {
        let it = Move::users(place).await;
        it.add(3, "Ann Lee", &werkzeug("secret of ann")).await;
        it.add(7, "bob", &werkzeug("secret of bob")).await;
        it.add(41, "Ünal 😀", &werkzeug("pässword")).await;
        let (left, summary) = it.run();
        assert_eq!((left.len(), &summary["adopted"]), (0, &json!(3)), "{place:?}: {summary}");

        let site = it.site().await;
        for (id, name, password) in
            [(3, "Ann Lee", "secret of ann"), (7, "bob", "secret of bob"), (41, "Ünal 😀", "pässword")]
        {
            let (status, mut client) = log_in(&site, name, password).await;
            is_let_in(status, true, name);
            client.get(&format!("/user/{id}")).await.assert_json(200, json!({ "username": name }));
            is_let_in(log_in(&site, name, "another password").await.0, false, name);
        }
        // The string came over as it was.
        let there = it.old.value("SELECT password FROM users WHERE id = 3").await;
        assert_eq!(it.own.value("SELECT password_hash FROM dw_users WHERE id = 3").await, there);
    }
}

#[async_test]
async fn users_of_the_second_contract_keep_their_roles() {
    for place in PLACES {
        let it = Move::user(place).await;
        for (id, name, role) in [(1, "root", "admin"), (2, "ann", "user"), (3, "eve", "editor"), (4, "may", "Admin")] {
            let password = quoted(&bcrypt(&format!("secret of {name}")));
            it.old
                .execute(&format!(
                    "INSERT INTO user (id, username, password, role) VALUES ({id}, '{name}', {password}, '{role}')"
                ))
                .await;
        }
        let (left, summary) = it.run();
        assert_eq!((left.len(), &summary["adopted"]), (0, &json!(4)), "{place:?}: {summary}");

        let site = it.site().await;
        let (_, mut root) = log_in(&site, "root", "secret of root").await;
        root.delete("/user/2").await.assert_json(200, json!({ "message": "User successfully deleted." }));
        // A role that only looks like an administrator's is none.
        for name in ["eve", "may"] {
            let (_, mut client) = log_in(&site, name, &format!("secret of {name}")).await;
            assert_eq!(client.delete("/user/1").await.status, 401, "{name}");
        }
    }
}

#[async_test]
async fn passwords_in_clear_are_hashed_on_the_way() {
    for place in PLACES {
        let it = Move::user(place).await;
        it.add(1, "ann", "canary in clear").await;
        it.add(2, "bob", &bcrypt("secret of bob")).await;
        // More than threads, and in two batches of statements.
        for id in 3..=70 {
            it.add(id, &format!("person {id}"), &format!("my word {id}")).await;
        }
        let (left, summary) = it.run_accepting();
        assert_eq!((left.len(), &summary["adopted"], &summary["plain_text_hashed"]), (0, &json!(70), &json!(69)));

        let hashes = it.own.rows("SELECT password_hash FROM dw_users WHERE id <> 2").await;
        assert!(hashes.iter().all(|row| row[0].starts_with("$argon2id$")), "{hashes:?}");
        assert!(!format!("{:?}", it.state().await).contains("canary"));
        let site = it.site().await;
        is_let_in(log_in(&site, "ann", "canary in clear").await.0, true, "ann");
        is_let_in(log_in(&site, "person 70", "my word 70").await.0, true, "person 70");
        is_let_in(log_in(&site, "person 70", "my word 69").await.0, false, "person 70");
    }
}

#[async_test]
async fn a_second_run_changes_nothing() {
    for place in PLACES {
        let it = Move::user(place).await;
        it.add(1, "ann", "in clear").await;
        it.add(2, "bob", &bcrypt("secret of bob")).await;
        it.add(3, "locked", "!").await;
        let (first, _) = it.run_accepting();
        let before = it.state().await;
        let (second, summary) = it.run();
        assert_eq!(
            (&first, &summary["adopted"], &summary["already_here"]),
            (&second, &json!(0), &json!(2)),
            "{place:?}"
        );
        assert_eq!(it.state().await, before, "{place:?}");
    }
}

#[async_test]
async fn many_rows_come_in_pages_and_a_few_that_are_new_come_later() {
    for place in PLACES {
        let it = Move::users(place).await;
        it.add_many(2500, &werkzeug("the same")).await;
        // In the way of one statement for many rows, in the middle and at the end of a page.
        it.add(9001, "ＰＥＲＳＯＮ 1001", &werkzeug("the same")).await;
        let (left, summary) = it.run();
        assert_eq!((left.len(), &summary["adopted"]), (1, &json!(2500)), "{place:?}: {summary}");
        assert_eq!(it.own.value("SELECT COUNT(*) FROM dw_users WHERE name = CONCAT('person ', id)").await, "2500");
        it.add(9002, "new", &werkzeug("the same")).await;
        let (_, summary) = it.run();
        assert_eq!((&summary["adopted"], &summary["already_here"]), (&json!(1), &json!(2500)), "{place:?}");
    }
}

#[async_test]
async fn an_empty_table_is_adopted_too() {
    for place in PLACES {
        let it = Move::users(place).await;
        assert_eq!(it.shows("scan")["rows"], json!(0));
        let (left, summary) = it.run();
        assert_eq!((left.len(), &summary["rows"]), (0, &json!(0)), "{place:?}");
        assert_eq!(it.shows("status")["rows_there"], json!(0));
    }
}

#[async_test]
async fn the_configuration_may_say_where_the_table_is() {
    let it = Move::users(Place::Other).await;
    it.add(1, "ann", &werkzeug("secret of ann")).await;
    let program = it.program.clone().set("adopt.from", &it.old.url).set("adopt.table", "users");
    let ran = program.run(&["adopt", "run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("        1  adopted\n"), "{}", ran.stdout);
    // Nothing says it: then it is in Doorward's own database.
    let it = Move::users(Place::Same).await;
    it.add(1, "ann", &werkzeug("secret of ann")).await;
    let ran = it.program.run(&["adopt", "run"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("        1  adopted\n"), "{}", ran.stdout);
}
