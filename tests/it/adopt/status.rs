//! How far it has come, as the operator is told.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{Move, PLACES, Place, log_in, werkzeug};

#[async_test]
async fn it_counts_who_came_who_logged_in_and_whose_hash_is_new() {
    for place in PLACES {
        let it = Move::users(place).await;
        for (id, name) in [(1, "ann"), (2, "bob"), (3, "carl"), (4, "dora"), (5, "emil")] {
            it.add(id, name, &werkzeug(&format!("secret of {name}"))).await;
        }
        it.add(6, "fay", "in clear").await;
        it.add(7, "gus", "!").await;
        assert_eq!(it.program.run(&["migrate", "up"]).code, 0);
        let status = it.shows("status");
        assert_eq!(
            (&status["adopted"], &status["not_adopted"], &status["first_run_at"]),
            (&json!(0), &json!(7), &json!(null))
        );

        it.run_accepting();
        let site = it.site().await;
        let (_, mut ann) = log_in(&site, "ann", "secret of ann").await;
        log_in(&site, "bob", "secret of bob").await;
        assert_eq!(ann.put("/user/update-password/1", json!({ "password": "set here" })).await.status, 200);
        assert_eq!(it.program.run(&["user", "delete", "carl"]).code, 0);
        it.remove(4).await;
        it.run();
        it.add(9, "new", &werkzeug("secret of new")).await;

        let mut status = it.shows("status");
        assert!(status["first_run_at"].take().as_str().unwrap() <= status["finished_at"].take().as_str().unwrap());
        let expected = json!({
            "table": "users", "rows_there": 7, "adopted": 6, "not_adopted": 2, "logged_in": 2, "password_set_here": 1,
            "gone_there": 1, "deleted_here": 1, "write_back": false, "first_run_at": null, "finished_at": null,
            "password_hashes": [
                { "scheme": "argon2id", "users": 2, "as_there": 0 },
                { "scheme": "werkzeug-pbkdf2-sha256", "users": 3, "as_there": 3 },
            ],
        });
        assert_eq!(status, expected, "{place:?}");
        let text = it.adopt(&["status"]);
        assert!(text.contains("        2  not adopted: still to come, or left behind\n"), "{text}");
        assert!(text.contains("werkzeug-pbkdf2-sha256  3      3\n") && text.contains("write-back     off\n"), "{text}");
    }
}

#[async_test]
async fn without_the_key_it_says_what_it_cannot_tell() {
    let it = Move::users(Place::Other).await;
    it.add(1, "ann", &werkzeug("secret of ann")).await;
    it.run();
    std::fs::remove_file(it.own.secrets_file()).unwrap();
    assert_eq!(it.shows("status")["password_hashes"][0]["as_there"], json!(null));
    let text = it.adopt(&["status"]);
    assert!(text.contains("the key of the fingerprints is not here"), "{text}");
}

#[async_test]
async fn it_makes_no_database() {
    let it = Move::users(Place::Other).await;
    let ran = it.tries(&["status"]);
    assert_eq!((ran.code, ran.stderr.lines().count()), (1, 1), "{ran:?}");
    let beside = std::fs::read_dir(it.own.folder()).unwrap().count();
    assert_eq!(beside, 0);
}
