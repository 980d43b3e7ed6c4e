//! F10 and G20 of threats.md: when the database fails during a request, the whole request fails and shows no internals.
//!
//! Invariant: no failure becomes a 2xx, a grant, or "no such user". The transaction is undone, and the body is one fixed
//! text.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use doorward::model::Rng;
use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Client, Database, Reply, Site, site::password_of};

/// Words that no answer may contain.
const INTERNALS: [&str; 10] =
    ["dw_", "SELECT", "INSERT", "UPDATE", "DELETE", "table", "sqlite", "mysql", "secret", "trigger"];

#[track_caller]
fn assert_internal_error(reply: &Reply, key: &str) {
    reply.assert_json(500, json!({ key: "Internal server error" }));
    assert!(reply.set_cookie().is_none());
    assert!(!reply.headers.contains_key("clear-site-data"));
    let shown = format!("{} {:?}", reply.text(), reply.headers).to_ascii_lowercase();
    for internal in INTERNALS {
        assert!(!shown.contains(&internal.to_ascii_lowercase()), "{internal} in {shown}");
    }
}

/// A missing table is a state of the database, which the operator can mend.
#[track_caller]
fn assert_unusable(reply: &Reply, key: &str) {
    reply.assert_json(503, json!({ key: "The database cannot be used now" }));
    assert!(reply.set_cookie().is_none() && reply.headers.contains_key("retry-after"));
}

/// Hides a table, or restores it.
async fn rename(database: &Database, from: &str, to: &str) {
    database.execute(&format!("ALTER TABLE {from} RENAME TO {to}")).await;
}

/// Makes every `verb` on `table` fail, with a message that no answer may contain.
async fn break_statement(database: &Database, verb: &str, table: &str) {
    let body = if database.is_sqlite() {
        "BEGIN SELECT RAISE(ABORT, 'secret row'); END"
    } else {
        "FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'secret row'"
    };
    database.execute(&format!("CREATE TRIGGER break_it BEFORE {verb} ON {table} {body}")).await;
}

async fn mend(database: &Database) {
    database.execute("DROP TRIGGER break_it").await;
}

async fn fixture() -> (Site, Client, Client) {
    let site = Site::new().await;
    let (root, ann) = (site.admin("root").await, site.user("ann").await);
    (site, root, ann)
}

// F10
#[async_test]
async fn a_session_that_cannot_be_checked_is_an_error() {
    for table in ["dw_sessions", "dw_users", "dw_roles"] {
        let (site, mut root, mut ann) = fixture().await;
        rename(&site.database, table, "dw_away").await;
        assert_unusable(&ann.get("/user/1").await, "message");
        assert_unusable(&ann.get("/logout").await, "message");
        assert_unusable(&ann.put("/user/update-password/2", json!({ "password": "p" })).await, "message");
        assert_unusable(&root.delete("/user/2").await, "message");
        rename(&site.database, "dw_away", table).await;
        // No change was made, and the next request works.
        ann.get("/user/2").await.assert_json(200, json!({ "username": "ann" }));
        assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200);
    }
}

// F10: neither "wrong password" nor "name free" when the look-up fails.
#[async_test]
async fn a_login_or_sign_up_that_cannot_be_looked_up_fails() {
    let (site, ..) = fixture().await;
    rename(&site.database, "dw_users", "dw_away").await;
    for name in ["ann", "nobody"] {
        assert_unusable(&site.anon().log_in(name, &password_of("ann")).await, "error");
        let body = json!({ "username": name, "password": "p" });
        assert_unusable(&site.anon().post("/signup", body.clone()).await, "error");
        assert_unusable(&site.anon().post("/user", body).await, "message");
    }
    rename(&site.database, "dw_away", "dw_users").await;
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "2");
}

// F10: permissions that cannot be read grant nothing.
#[async_test]
async fn permissions_that_cannot_be_read_grant_nothing() {
    let (site, mut root, _) = fixture().await;
    for garbage in ["everything", "users:write everything", "a:b:c", " ", "users:write  x:y"] {
        site.database.set_permissions("admin", garbage).await;
        assert_internal_error(&root.delete("/user/2").await, "message");
    }
    // Readable, but not the required permission: the user is known and not allowed.
    for other in ["", "users:writes", "xusers:write", "USERS:WRITE", "users:read"] {
        site.database.set_permissions("admin", other).await;
        assert_eq!(root.delete("/user/2").await.status, 401, "{other}");
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "2");
}

// F10: without its guard row, the rule that an administrator remains cannot be kept, so the deletion fails.
#[async_test]
async fn a_deletion_without_its_guard_is_not_done() {
    let (site, mut root, _) = fixture().await;
    site.database.execute("DELETE FROM dw_guards").await;
    assert_internal_error(&root.delete("/user/2").await, "message");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "2");
}

// F10, G20: a password change that cannot end the sessions changes nothing.
#[async_test]
async fn a_change_that_fails_half_way_is_undone() {
    let (site, mut root, mut ann) = fixture().await;
    let mut other = site.log_in("ann").await;
    break_statement(&site.database, "DELETE", "dw_sessions").await;
    assert_internal_error(&ann.put("/user/update-password/2", json!({ "password": "new" })).await, "message");
    assert_internal_error(&root.put("/user/update-password/2", json!({ "password": "new" })).await, "message");
    assert_internal_error(&root.delete("/user/2").await, "message");
    assert_internal_error(&ann.get("/logout").await, "message");
    mend(&site.database).await;
    for client in [&mut ann, &mut other] {
        client.get("/user/2").await.assert_json(200, json!({ "username": "ann" }));
    }
    assert_eq!(site.anon().log_in("ann", "new").await.status, 401);
    assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200);
}

// F10, G20: a login that cannot write its session sets no cookie and is not recorded.
#[async_test]
async fn a_login_that_fails_half_way_is_undone() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    break_statement(&site.database, "INSERT", "dw_sessions").await;
    assert_internal_error(&site.anon().log_in("ann", &password_of("ann")).await, "error");
    let never = "SELECT COUNT(*) FROM dw_users WHERE last_login_at IS NULL";
    assert_eq!(site.database.value(never).await, "1");
    mend(&site.database).await;
    assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200);
}

// G20
#[async_test]
async fn a_sign_up_that_the_database_refuses_shows_no_internals() {
    let (site, ..) = fixture().await;
    break_statement(&site.database, "INSERT", "dw_users").await;
    let body = json!({ "username": "new", "password": "p" });
    assert_internal_error(&site.anon().post("/signup", body.clone()).await, "error");
    assert_internal_error(&site.anon().post("/user", body.clone()).await, "message");
    mend(&site.database).await;
    assert_eq!(site.anon().post("/signup", body).await.status, 201);
}

// F10: a secret that cannot be drawn is not made, and the client may try again.
#[async_test]
async fn a_failed_random_generator_is_unavailable_and_changes_nothing() {
    let is_broken = Arc::new(AtomicBool::new(false));
    let (system, breaks) = (Rng::system(), Arc::clone(&is_broken));
    let rng = Rng::from_fn(move |bytes| {
        if breaks.load(Ordering::SeqCst) {
            return Err(doorward::Error::system("the random generator failed", "secret"));
        }
        for byte in bytes.iter_mut() {
            *byte = system.bytes::<1>()?[0];
        }
        Ok(())
    });
    let site = Site::builder().rng(rng).start().await;
    site.create("ann", "user").await;
    let body = json!({ "username": "bob", "password": "p" });
    let problem = json!({ "name": "bob", "password": "a violin in the greenhouse" });
    is_broken.store(true, Ordering::SeqCst);
    for reply in [
        site.anon().log_in("ann", &password_of("ann")).await,
        site.anon().post("/signup", body.clone()).await,
        site.anon().post("/user", body.clone()).await,
        site.begin("ann", &password_of("ann"), "body").await,
        site.anon().post("/api/v1/users", problem).await,
    ] {
        assert_eq!(reply.status, 503, "{}", reply.text());
        assert!(reply.headers.contains_key("retry-after") && !reply.text().contains("secret"), "{}", reply.text());
        assert!(!reply.text().contains("reached") && reply.set_cookie().is_none(), "{}", reply.text());
    }
    is_broken.store(false, Ordering::SeqCst);
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
    assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200);
    assert_eq!(site.anon().post("/signup", body).await.status, 201);
}
