//! The exports of Auth0, Firebase, Keycloak, WordPress and Django.

use std::path::{Path, PathBuf};

use doorward_test_macros::async_test;
use serde_json::json;

use super::{Import, codes};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/adopt/exports/data").join(name)
}

#[async_test]
async fn djangos_dumpdata_is_read() {
    for name in ["django.json", "django.jsonl"] {
        let import = Import::new().await;
        let (left, summary) = import.run("django", &data(name), &[]);
        assert_eq!((&summary["adopted"], &summary["adopted_disabled"]), (&json!(3), &json!(1)), "{summary}");
        assert_eq!(codes(&left), ["locked"], "dora has no password: {left:?}");
        import
            .assert_logins(&[
                ("ann", "ann's password", true),
                ("ben", "ben's password", false),
                ("Cleo", "cleo's password", true),
                ("Zoë", "zoë's pässword", true),
                ("ann", "cleo's password", false),
            ])
            .await;
    }
    let import = Import::new().await;
    let ran = import.tries("run", "django", &data("django.json"), &["--table", "accounts.user"]);
    assert!(ran.code == 1 && ran.stderr.contains("it has auth.group, auth.permission, auth.user"), "{ran:?}");
    let (_, summary) = import.run("django", &data("django.json"), &["--columns", "username=email"]);
    assert_eq!(summary["adopted"], json!(3), "{summary}");
    import.assert_logins(&[("ann@example.com", "ann's password", true)]).await;
}

#[async_test]
async fn wordpress_users_are_read() {
    let import = Import::new().await;
    let (left, summary) = import.run("wordpress", &data("wordpress.csv"), &[]);
    assert_eq!((left.len(), &summary["adopted"], &summary["adopted_disabled"]), (0, &json!(3), &json!(1)), "{summary}");
    import
        .assert_logins(&[
            ("ann", "ann's password", true),
            ("ben", "ben's password", true),
            ("Zoë", "zoe's password", true),
            ("spammer", "spammer's password", false),
            ("ben", "ann's password", false),
        ])
        .await;
}

#[async_test]
async fn a_keycloak_realm_is_read() {
    let import = Import::new().await;
    let (left, summary) = import.run("keycloak", &data("keycloak.json"), &[]);
    assert_eq!((&summary["adopted"], &summary["adopted_disabled"]), (&json!(3), &json!(1)), "{summary} {left:?}");
    assert_eq!(codes(&left), ["no_password"], "a service account: {left:?}");
    import
        .assert_logins(&[
            ("ann", "ann's password", true),
            ("ben", "ben's password", false),
            ("cleo", "cleo's password", true),
            ("old", "old's password", true),
            ("cleo", "ann's password", false),
        ])
        .await;
    let (_, again) = import.run("keycloak", &data("keycloak.json"), &[]);
    assert_eq!((&again["adopted"], &again["already_here"]), (&json!(0), &json!(4)), "{again}");
}

#[async_test]
async fn auth0s_files_are_read() {
    let import = Import::new().await;
    let (left, summary) = import.run("auth0", &data("auth0.ndjson"), &[]);
    assert_eq!((left.len(), &summary["adopted"]), (0, &json!(2)), "{summary}");
    import.assert_logins(&[("ann@example.com", "ann's password", true), ("ben", "ben's password", true)]).await;

    let import = Import::new().await;
    let (left, summary) = import.run("auth0", &data("auth0.json"), &[]);
    assert_eq!((&summary["adopted"], &summary["adopted_disabled"]), (&json!(6), &json!(1)), "{summary}");
    assert_eq!(codes(&left), ["password_unreadable", "no_password"], "{left:?}");
    let mut users = vec![("ben@example.com", "ben's password".to_owned(), false)];
    users.extend(["ann", "md5", "sha", "hmac", "sam", "win"].map(|name| (name, format!("{name}'s password"), true)));
    let users: Vec<_> = users.iter().map(|(name, password, expected)| (*name, password.as_str(), *expected)).collect();
    import.assert_logins(&users).await;
    import.assert_logins(&[("md5", "sha's password", false), ("sam", "wrong", false)]).await;
}

#[async_test]
async fn firebases_export_is_read_with_the_parameters_of_the_project() {
    let parameters = data("firebase-parameters.txt");
    for name in ["firebase.json", "firebase.csv"] {
        let import = Import::new().await;
        let ran = import.tries("run", "firebase", &data(name), &[]);
        assert!(ran.code == 1 && ran.stderr.contains("the hashes of Firebase need it"), "{ran:?}");
        let flags = ["--firebase-file", parameters.to_str().unwrap()];
        let (left, summary) = import.run("firebase", &data(name), &flags);
        assert_eq!((&summary["adopted"], &summary["adopted_disabled"]), (&json!(2), &json!(1)), "{name}: {summary}");
        assert_eq!(codes(&left), ["no_password"], "{left:?}");
        import
            .assert_logins(&[
                ("user0@example.com", "ann's password", true),
                ("user1@example.com", "ben's password", false),
                ("user2@example.com", "Zoë's password", true),
                ("user2@example.com", "ann's password", false),
            ])
            .await;
    }
}
