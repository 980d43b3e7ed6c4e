//! `adopt status`: the progress of an adoption.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{LOCATIONS, LegacySetup, Location, log_in, werkzeug};

#[async_test]
async fn status_counts_adopted_users_logins_and_new_hashes() {
    for location in LOCATIONS {
        let setup = LegacySetup::users(location).await;
        for (id, name) in [(1, "ann"), (2, "bob"), (3, "carl"), (4, "dora"), (5, "emil")] {
            setup.add(id, name, &werkzeug(&format!("secret of {name}"))).await;
        }
        setup.add(6, "fay", "in clear").await;
        setup.add(7, "gus", "!").await;
        assert_eq!(setup.program.run(&["migrate", "up"]).code, 0);
        let status = setup.shows("status");
        assert_eq!(
            (&status["adopted"], &status["not_adopted"], &status["first_run_at"]),
            (&json!(0), &json!(7), &json!(null))
        );

        setup.run_accepting();
        let site = setup.site().await;
        let (_, mut ann) = log_in(&site, "ann", "secret of ann").await;
        log_in(&site, "bob", "secret of bob").await;
        assert_eq!(ann.put("/user/update-password/1", json!({ "password": "set here" })).await.status, 200);
        assert_eq!(setup.program.run(&["user", "delete", "carl"]).code, 0);
        setup.remove(4).await;
        setup.run();
        setup.add(9, "new", &werkzeug("secret of new")).await;

        let mut status = setup.shows("status");
        assert!(status["first_run_at"].take().as_str().unwrap() <= status["finished_at"].take().as_str().unwrap());
        let expected = json!({
            "table": "users", "rows_there": 7, "adopted": 6, "not_adopted": 2, "logged_in": 2, "password_set_here": 1,
            "gone_there": 1, "deleted_here": 1, "write_back": false, "first_run_at": null, "finished_at": null,
            "password_hashes": [
                { "scheme": "argon2id", "users": 2, "as_there": 0 },
                { "scheme": "werkzeug-pbkdf2-sha256", "users": 3, "as_there": 3 },
            ],
        });
        assert_eq!(status, expected, "{location:?}");
        let text = setup.adopt(&["status"]);
        assert!(text.contains("        2  not adopted: still to come, or left behind\n"), "{text}");
        assert!(text.contains("werkzeug-pbkdf2-sha256  3      3\n") && text.contains("write-back     off\n"), "{text}");
    }
}

#[async_test]
async fn status_without_the_key_says_what_it_cannot_show() {
    let setup = LegacySetup::users(Location::Other).await;
    setup.add(1, "ann", &werkzeug("secret of ann")).await;
    setup.run();
    std::fs::remove_file(setup.own.secrets_file()).unwrap();
    assert_eq!(setup.shows("status")["password_hashes"][0]["as_there"], json!(null));
    let text = setup.adopt(&["status"]);
    assert!(text.contains("the key of the fingerprints is not here"), "{text}");
}

#[async_test]
async fn status_creates_no_database() {
    let setup = LegacySetup::users(Location::Other).await;
    let ran = setup.tries(&["status"]);
    assert_eq!((ran.code, ran.stderr.lines().count()), (1, 1), "{ran:?}");
    let beside = std::fs::read_dir(setup.own.folder()).unwrap().count();
    assert_eq!(beside, 0);
}
