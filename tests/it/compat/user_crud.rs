//! `docs/contracts/user-crud.md`, row by row, under `compat.login = "user-crud"`, with the order of its checks and every
//! form of `<id>`.
//!
//! Invariant: each row has the status and the whole body of the contract. Sessions are in `user_crud_sessions`.

use axum::http::{Method, header};
use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::{Client, Site, site::password_of};

const UNAUTHORIZED: &str = "Unauthorized";
const NOT_ALLOWED: &str = "You don't have permission to perform this action.";
const NOT_FOUND: &str = "User not found.";
const PASSWORD_REQUIRED: &str = "A password is required.";

fn says(text: &str) -> Value {
    json!({ "message": text })
}

/// A site with an administrator (id 1), a user (id 2), and a client without a session.
async fn fixture() -> (Site, Client, Client, Client) {
    let site = Site::user_crud().await;
    let (admin, user) = (site.admin("root").await, site.user("ann").await);
    let anon = site.anon();
    (site, admin, user, anon)
}

#[async_test]
async fn login_answers_done_or_invalid_credentials() {
    let site = Site::user_crud().await;
    site.create("ann", "user").await;
    let reply = site.anon().log_in("ann", &password_of("ann")).await;
    reply.assert_json(200, says("Done!"));
    assert!(reply.set_cookie().unwrap().starts_with("session=dws_"));
    let refused = [
        json!({}),
        json!({ "username": "ann" }),
        json!({ "username": "ann", "password": null }),
        json!({ "username": "ann", "password": "" }),
        json!({ "username": "", "password": password_of("ann") }),
        json!({ "username": "nobody", "password": password_of("ann") }),
        json!({ "username": "ann", "password": "wrong" }),
    ];
    for body in refused {
        let reply = site.anon().post("/login", body).await;
        reply.assert_json(400, says("Invalid credentials!"));
        assert!(reply.set_cookie().is_none());
    }
}

#[async_test]
async fn anyone_creates_a_user_with_the_role_user() {
    let site = Site::user_crud().await;
    site.anon()
        .post("/user", json!({ "username": "ann", "password": "p" }))
        .await
        .assert_json(200, says("User created."));
    let role = "SELECT r.name FROM dw_users u JOIN dw_roles r ON r.id = u.role_id";
    assert_eq!(site.database.value(role).await, "user");
    for body in [
        json!({}),
        json!({ "username": "bob" }),
        json!({ "password": "p" }),
        json!({ "username": null, "password": "p" }),
        json!({ "username": "bob", "password": "" }),
        json!({ "username": "", "password": "p" }),
    ] {
        site.anon().post("/user", body).await.assert_json(400, says("Missing username or password."));
    }
    for name in ["ann", "ANN", " ann"] {
        let body = json!({ "username": name, "password": "q" });
        site.anon().post("/user", body).await.assert_json(400, says("User already exists."));
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
    // Creating an account does not log in.
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
}

#[async_test]
async fn a_signed_in_user_sees_only_the_name_of_a_user() {
    let (_site, mut admin, mut user, _) = fixture().await;
    for client in [&mut admin, &mut user] {
        client.get("/user/1").await.assert_json(200, json!({ "username": "root" }));
        client.get("/user/2").await.assert_json(200, json!({ "username": "ann" }));
        client.get("/user/3").await.assert_json(404, says(NOT_FOUND));
    }
}

#[async_test]
async fn a_user_changes_their_own_password() {
    let (site, _, mut user, _) = fixture().await;
    let reply = user.put("/user/update-password/2", json!({ "password": "n" })).await;
    reply.assert_json(200, says("Password successfully changed."));
    site.anon().log_in("ann", "n").await.assert_json(200, says("Done!"));
    site.anon().log_in("ann", &password_of("ann")).await.assert_json(400, says("Invalid credentials!"));
}

#[async_test]
async fn an_admin_can_change_any_password() {
    let (site, mut admin, ..) = fixture().await;
    for (id, name) in [(1, "root"), (2, "ann")] {
        let reply = admin.put(&format!("/user/update-password/{id}"), json!({ "password": "n" })).await;
        reply.assert_json(200, says("Password successfully changed."));
        site.anon().log_in(name, "n").await.assert_json(200, says("Done!"));
    }
}

#[async_test]
async fn a_user_cannot_change_another_password_whether_or_not_the_id_exists() {
    let (site, _, mut user, _) = fixture().await;
    for id in ["1", "3", "99999999999999999999"] {
        for body in [json!({ "password": "n" }), json!({}), json!({ "password": "" }), json!({ "password": 1 })] {
            user.put(&format!("/user/update-password/{id}"), body).await.assert_json(401, says(NOT_ALLOWED));
        }
    }
    site.anon().log_in("root", &password_of("root")).await.assert_json(200, says("Done!"));
}

// "Checks run in the order: signed in, permission, missing password, not found, own id."
#[async_test]
async fn a_missing_password_comes_after_permission_and_before_not_found() {
    let (_site, mut admin, mut user, mut anon) = fixture().await;
    for body in [json!({}), json!({ "password": null }), json!({ "password": "" })] {
        anon.put("/user/update-password/2", body.clone()).await.assert_json(401, says(UNAUTHORIZED));
        user.put("/user/update-password/1", body.clone()).await.assert_json(401, says(NOT_ALLOWED));
        user.put("/user/update-password/2", body.clone()).await.assert_json(403, says(PASSWORD_REQUIRED));
        admin.put("/user/update-password/3", body).await.assert_json(403, says(PASSWORD_REQUIRED));
    }
    admin.put("/user/update-password/3", json!({ "password": "n" })).await.assert_json(404, says(NOT_FOUND));
    // Without authority, the answer does not report faults of the body.
    for client in [&mut anon, &mut user] {
        let reply = client.send_raw(Method::PUT, "/user/update-password/1", Some("text/plain"), "{").await;
        assert_eq!(reply.status, 401);
    }
}

#[async_test]
async fn an_admin_deletes_a_user() {
    let (site, mut admin, ..) = fixture().await;
    admin.delete("/user/2").await.assert_json(200, says("User successfully deleted."));
    admin.get("/user/2").await.assert_json(404, says(NOT_FOUND));
    admin.delete("/user/2").await.assert_json(404, says(NOT_FOUND));
    site.anon().log_in("ann", &password_of("ann")).await.assert_json(400, says("Invalid credentials!"));
}

#[async_test]
async fn only_an_admin_can_delete_a_user() {
    let (site, _, mut user, mut anon) = fixture().await;
    for id in ["1", "2", "3", "99999999999999999999"] {
        user.delete(&format!("/user/{id}")).await.assert_json(401, says(NOT_ALLOWED));
        anon.delete(&format!("/user/{id}")).await.assert_json(401, says(UNAUTHORIZED));
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "2");
}

#[async_test]
async fn an_admin_cannot_delete_their_own_account() {
    let (site, mut admin, ..) = fixture().await;
    // With a second administrator, so that the reason is not the last one.
    site.create("second", "admin").await;
    for id in ["1", "001"] {
        admin.delete(&format!("/user/{id}")).await.assert_json(409, says("You can't delete your own user."));
    }
    admin.get("/user/1").await.assert_json(200, json!({ "username": "root" }));
}

#[async_test]
async fn without_a_session_the_four_protected_routes_are_unauthorized() {
    let (_site, _, _, mut anon) = fixture().await;
    for id in ["1", "3", "99999999999999999999"] {
        anon.get(&format!("/user/{id}")).await.assert_json(401, says(UNAUTHORIZED));
        let path = format!("/user/update-password/{id}");
        anon.put(&path, json!({ "password": "n" })).await.assert_json(401, says(UNAUTHORIZED));
        anon.delete(&format!("/user/{id}")).await.assert_json(401, says(UNAUTHORIZED));
    }
    for method in [Method::GET, Method::POST] {
        anon.send(method, "/logout", None).await.assert_json(401, says(UNAUTHORIZED));
    }
}

/// The three routes with `<id>`, as one client calls them.
async fn all_three(client: &mut Client, id: &str) -> [(u16, Value); 3] {
    let replies = [
        client.get(&format!("/user/{id}")).await,
        client.put(&format!("/user/update-password/{id}"), json!({ "password": "n" })).await,
        client.delete(&format!("/user/{id}")).await,
    ];
    replies.map(|reply| (reply.status.as_u16(), reply.json()))
}

// ⚑ "`<id>` that is not a positive integer: 404", for every caller.
#[async_test]
async fn an_id_that_is_not_a_positive_integer_is_404_for_every_caller() {
    let (site, mut admin, mut user, mut anon) = fixture().await;
    let odd = ["0", "-1", "-0", "000", "abc", "1.5", "1.0", "1e0", "0x1", "+1", "%2B1", "1%20", "%201", "1,2", "1;2"];
    let odder =
        ["%00", "1%00", "%FF", "1%FF", "%D9%A1", "%EF%BC%91", "null", "1%0A", "1%0D%0A", "'1'", "%221%22", "_1"];
    for id in odd.into_iter().chain(odder) {
        for client in [&mut admin, &mut user, &mut anon] {
            let expected = [(404, says(NOT_FOUND)), (404, says(NOT_FOUND)), (404, says(NOT_FOUND))];
            assert_eq!(all_three(client, id).await, expected, "{id}");
        }
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "2");
}

// G5: a number beyond 64 bits must not wrap around to an existing id.
#[async_test]
async fn an_id_beyond_64_bits_does_not_exist() {
    let (site, mut admin, mut user, mut anon) = fixture().await;
    // 2^63 - 1, 2^63, 2^64 + 1, 2^64 + 2, and one of a thousand digits.
    let huge = ["9223372036854775807", "9223372036854775808", "18446744073709551617", "18446744073709551618"];
    for id in huge.into_iter().map(str::to_owned).chain(["99999999999999999999".to_owned(), "9".repeat(1000)]) {
        let not_found = (404, says(NOT_FOUND));
        let not_allowed = (401, says(NOT_ALLOWED));
        let expected = [not_found.clone(), not_found.clone(), not_found.clone()];
        assert_eq!(all_three(&mut admin, &id).await, expected, "{id}");
        assert_eq!(all_three(&mut user, &id).await, [not_found, not_allowed.clone(), not_allowed], "{id}");
        let unauthorized = (401, says(UNAUTHORIZED));
        assert_eq!(all_three(&mut anon, &id).await, [unauthorized.clone(), unauthorized.clone(), unauthorized]);
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "2");
}

#[async_test]
async fn leading_zeros_do_not_change_an_id() {
    let (_site, mut admin, ..) = fixture().await;
    admin.get("/user/002").await.assert_json(200, json!({ "username": "ann" }));
    admin.get("/user/00000000000000000000000002").await.assert_json(200, json!({ "username": "ann" }));
    admin.get("/user/003").await.assert_json(404, says(NOT_FOUND));
}

// ⚑ "other method: 405 with `Allow`", before any other check.
#[async_test]
async fn other_methods_are_405_with_allow() {
    let (site, _, _, mut anon) = fixture().await;
    let routes = [
        ("/user", &["POST"][..]),
        ("/user/1", &["GET", "HEAD", "DELETE"][..]),
        ("/user/update-password/1", &["PUT"][..]),
        ("/login", &["POST"][..]),
        ("/logout", &["GET", "POST"][..]),
    ];
    for (path, allowed) in routes {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            if allowed.contains(&method) {
                continue;
            }
            let reply = anon.send(Method::from_bytes(method.as_bytes()).unwrap(), path, Some(json!({}))).await;
            assert_eq!(reply.status, 405, "{method} {path}");
            let mut names: Vec<&str> = reply.headers[header::ALLOW].to_str().unwrap().split(',').collect();
            let mut expected = allowed.to_vec();
            names.sort_unstable();
            expected.sort_unstable();
            assert_eq!(names, expected, "{method} {path}");
            if method != "HEAD" {
                reply.assert_refused(405, "message");
            }
        }
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "2");
}
