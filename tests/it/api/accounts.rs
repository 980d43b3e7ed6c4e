//! Sign-up and the own account: the members of a sign-up, the accepted passwords, and the traces of a deleted account.

use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Site, site::password_of};

const USERS: &str = "/api/v1/users";
const ME: &str = "/api/v1/users/me";
const PASSWORD: &str = "a violin in the greenhouse";

#[async_test]
async fn a_new_account_has_the_default_role() {
    let site = Site::new().await;
    let body = json!({ "name": " Ann ", "password": PASSWORD, "attributes": { "locale": "en" } });
    let reply = site.anon().post(USERS, body).await;
    let user = reply.assert_status(201);
    let id = site.uid_of(" Ann ").await;
    let expected = json!({
        "id": id, "name": " Ann ", "role": "user", "state": "enabled", "must_change_password": false,
        "attributes": { "locale": "en" }, "created_at": "2026-11-22T12:00:00Z", "last_login_at": null,
        "disabled_at": null,
    });
    assert_eq!(user, expected);
    assert_eq!(reply.headers["location"], format!("{USERS}/{id}").as_str());
    assert_eq!(reply.etag(), "\"1\"");
    // A sign-up does not log in.
    assert!(reply.set_cookie().is_none());
    let mut ann = site.bearer_with("ann", PASSWORD).await;
    let me = ann.get(ME).await;
    assert_eq!(me.assert_status(200)["last_login_at"], "2026-11-22T12:00:00Z");
    assert_eq!(me.etag(), "\"1\"");
}

// F1
#[async_test]
async fn administrative_members_are_unknown_at_sign_up() {
    let site = Site::new().await;
    // They are unknown to a signed-in user without the permission too.
    let mut bob = site.holder("bob", "roles:write users:read").await;
    let before = site.dump().await;
    for (member, value) in [
        ("role", json!("user")),
        ("role", json!("admin")),
        ("must_change_password", json!(false)),
        ("admin_attributes", json!({})),
        ("roles", json!(["admin"])),
        ("is_admin", json!(true)),
        ("id", json!("019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10")),
        ("state", json!("enabled")),
        ("verified", json!(true)),
        ("password_hash", json!("x")),
        ("created_at", json!("2020-01-01T00:00:00Z")),
        ("version", json!(1)),
        ("permissions", json!(["roles:write"])),
        // G2
        ("Role", json!("admin")),
        ("NAME", json!("x")),
        ("\u{ff32}\u{ff2f}\u{ff2c}\u{ff25}", json!("admin")),
    ] {
        let mut body = json!({ "name": "ann", "password": PASSWORD });
        body[member] = value.clone();
        site.anon().post(USERS, body.clone()).await.assert_invalid(&format!("/{member}"), "unknown");
        bob.post(USERS, body).await.assert_invalid(&format!("/{member}"), "unknown");
    }
    assert_eq!(site.dump().await, before);
}

// B5, B8, B9
#[async_test]
async fn a_new_password_is_checked_by_its_code_points_and_as_a_whole() {
    let site = Site::new().await;
    let refused = [
        ("a v!olin in th".to_owned(), "too_short"),
        ("\u{1f980}\u{1f981}".repeat(7), "too_short"),
        (String::new(), "too_short"),
        ("vi\u{0}olin ".repeat(129), "too_long"),
        ("The Tailor of Ulm".to_owned(), "is_name"),
        ("the tailor of ulm 2026".to_owned(), "is_name"),
        ("passwordpassword".to_owned(), "is_common"),
        ("doorwarddoorward".to_owned(), "is_name"),
        ("qwertyuiopasdfghjkl".to_owned(), "is_common"),
    ];
    for (password, code) in refused {
        let body = json!({ "name": "the tailor of ulm", "password": password });
        let reply = site.anon().post(USERS, body).await;
        reply.assert_invalid("/password", code);
        assert!(password.is_empty() || !reply.text().contains(&password));
    }
    let code_points = |count: usize| "a violin, in the greenhouse; ".chars().cycle().take(count).collect::<String>();
    let accepted = [
        code_points(15),
        code_points(64),
        code_points(1024),
        "\u{1f980}\u{1f981}\u{1f982}\u{1f983}\u{1f984}\u{1f985}\u{1f986}\u{1f987}\u{1f988}\u{1f989}\u{1f98a}\u{1f98b}\
         \u{1f98c}\u{1f98d}\u{1f98e}"
            .to_owned(),
        " ".repeat(15),
        "thetailorofulmsnephew".to_owned(),
        "592738461059273".to_owned(),
    ];
    for (number, password) in accepted.iter().enumerate() {
        let name = format!("user {number}");
        site.anon().post(USERS, json!({ "name": name, "password": password })).await.assert_status(201);
        site.bearer_with(&name, password).await;
    }
    let longer = json!({ "name": "x", "password": code_points(1025) });
    site.anon().post(USERS, longer).await.assert_invalid("/password", "too_long");
}

// B4: NFC and NFD of a text are one password, and any other difference makes another password.
#[async_test]
async fn a_password_is_compared_in_nfc_and_otherwise_unchanged() {
    let site = Site::new().await;
    let password = "caf\u{e9} \u{fb01}nesse au Lait ";
    site.anon().post(USERS, json!({ "name": "ann", "password": password })).await.assert_status(201);
    site.bearer_with("ann", "cafe\u{301} \u{fb01}nesse au Lait ").await;
    for other in ["caf\u{e9} finesse au Lait ", "caf\u{e9} \u{fb01}nesse au Lait", "caf\u{e9} \u{fb01}nesse au lait "] {
        site.begin("ann", other, "body").await.assert_problem(401, "wrong_credentials");
    }
}

// B6: a body of megabytes is refused unread.
#[async_test]
async fn a_password_of_megabytes_is_a_body_too_large() {
    let site = Site::new().await;
    let body = json!({ "name": "ann", "password": "x".repeat(5_000_000) });
    for path in [USERS, "/api/v1/sessions"] {
        site.anon().post(path, body.clone()).await.assert_problem(413, "body_too_large");
    }
}

#[async_test]
async fn a_name_is_taken_in_every_spelling_and_invalid_names_are_refused() {
    let site = Site::new().await;
    site.create("Stra\u{df}e", "user").await;
    for name in ["STRASSE", "stra\u{df}e ", "\u{ff33}trasse", "stra\u{17f}se"] {
        let reply = site.anon().post(USERS, json!({ "name": name, "password": PASSWORD })).await;
        reply.assert_problem(409, "name_taken");
    }
    for (name, code) in [
        ("", "blank"),
        (" \u{a0}", "blank"),
        ("a\u{0}b", "unseen_characters"),
        ("a\r\nb", "unseen_characters"),
        ("a\u{202e}b", "unseen_characters"),
        (&"x".repeat(101), "too_long"),
    ] {
        site.anon().post(USERS, json!({ "name": name, "password": PASSWORD })).await.assert_invalid("/name", code);
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
}

// F13, and the callers that can still create accounts.
#[async_test]
async fn with_sign_up_disabled_only_administrators_create_accounts() {
    let site = Site::builder().set("signup.enabled", "false").start().await;
    let body = |name: &str| json!({ "name": name, "password": PASSWORD });
    site.anon().post(USERS, body("x")).await.assert_problem(403, "sign_up_disabled");
    site.user("ann").await.post(USERS, body("x")).await.assert_problem(403, "permission_missing");
    site.holder("reader", "users:read roles:write")
        .await
        .post(USERS, body("x"))
        .await
        .assert_problem(403, "permission_missing");
    site.create_pending("pending", "admin").await;
    site.bearer("pending").await.post(USERS, body("x")).await.assert_problem(403, "password_change_required");
    let mut junk = site.anon().with_token("junk");
    junk.post(USERS, body("x")).await.assert_problem(401, "not_signed_in");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users WHERE name = 'x'").await, "0");
    site.holder("writer", "users:write").await.post(USERS, body("x")).await.assert_status(201);
}

// C11
#[async_test]
async fn a_new_user_with_a_deleted_users_name_inherits_nothing() {
    let site = Site::new().await;
    site.admin("root").await;
    let mut old = site.holder("ann", "users:read sessions:read").await;
    let mut second = site.bearer("ann").await;
    old.patch(ME, json!({ "attributes": { "color": "red" } })).await.assert_status(200);
    let (legacy_id, old_number) = (site.uid_of("ann").await, site.id_of("ann").await);
    let reply = site.log_in("ann").await.delete(ME).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (204, 0));
    assert_eq!(reply.headers["clear-site-data"], "\"cache\"");
    assert!(reply.set_cookie().unwrap().starts_with("session=; "));
    for client in [&mut old, &mut second] {
        client.get(ME).await.assert_problem(401, "not_signed_in");
    }
    site.begin("ann", &password_of("ann"), "body").await.assert_problem(401, "wrong_credentials");
    let user = site.anon().post(USERS, json!({ "name": "ann", "password": PASSWORD })).await.assert_status(201);
    assert_ne!(user["id"], legacy_id);
    assert_eq!((user["role"].as_str(), user["attributes"].to_string().as_str()), (Some("user"), "{}"));
    assert!(site.id_of("ann").await > old_number);
    assert!(site.sessions_of("ann").await.is_empty());
    for client in [&mut old, &mut second] {
        client.get(ME).await.assert_problem(401, "not_signed_in");
    }
    let mut root = site.bearer("root").await;
    root.get(&format!("{USERS}/{legacy_id}")).await.assert_problem(404, "not_found");
    site.begin("ann", &password_of("ann"), "body").await.assert_problem(401, "wrong_credentials");
}

#[async_test]
async fn a_renamed_user_is_found_only_by_the_new_name() {
    let site = Site::new().await;
    let (mut ann, _bob) = (site.user("ann").await, site.user("bob").await);
    for taken in ["bob", "BOB "] {
        ann.patch(ME, json!({ "name": taken })).await.assert_problem(409, "name_taken");
    }
    // Another spelling of the own name is not taken.
    assert_eq!(ann.patch(ME, json!({ "name": "Ann" })).await.assert_status(200)["name"], "Ann");
    assert_eq!(ann.patch(ME, json!({ "name": "Eve" })).await.assert_status(200)["name"], "Eve");
    site.begin("ann", &password_of("ann"), "body").await.assert_problem(401, "wrong_credentials");
    site.begin("eve", &password_of("ann"), "body").await.assert_status(201);
    // The session stays valid and shows the new name.
    assert_eq!(ann.get("/api/v1/sessions/current").await.assert_status(200)["user"]["name"], "Eve");
    for member in ["role", "state", "must_change_password", "admin_attributes", "id", "password", "version"] {
        ann.patch(ME, json!({ member: "admin" })).await.assert_invalid(&format!("/{member}"), "unknown");
    }
}
