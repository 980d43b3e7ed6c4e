//! Sign-ups while the legacy application still runs: legacy names are taken, and new users are written back.

use doorward::ops::legacy;
use doorward_test_macros::async_test;
use serde_json::json;

use super::{LegacyTable, verifies};
use crate::support::{Database, Site};

async fn sign_up(site: &Site, name: &str, password: &str) -> crate::support::Reply {
    site.anon().post("/signup", json!({ "username": name, "password": password })).await
}

#[async_test]
async fn a_legacy_name_is_taken() {
    for write_back in ["false", "true"] {
        let legacy = LegacyTable::users().await;
        legacy.add(7, "Ann", "first").await;
        let before = legacy.rows().await;
        let site = legacy.synced().set("adopt.write_back", write_back).start().await;
        for name in ["Ann", "ann", " ANN "] {
            sign_up(&site, name, "mine now").await.assert_json(409, json!({ "error": "Username already exists" }));
        }
        // The name stays taken after its adopted owner was deleted in Doorward.
        let mut admin = site.admin("root").await;
        site.anon().log_in("ann", "first").await.assert_json(200, json!({ "message": "Login successful" }));
        assert_eq!(admin.delete("/user/7").await.status, 200);
        sign_up(&site, "ann", "mine now").await.assert_refused(409, "error");
        assert_eq!(legacy.rows().await[0], before[0]);
    }
}

#[async_test]
async fn without_write_back_the_legacy_table_is_unchanged() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    let before = legacy.rows().await;
    let site = legacy.synced().start().await;
    assert_eq!(sign_up(&site, "new", "a password").await.status, 201);
    let mut ann = site.anon();
    ann.log_in("ann", "first").await;
    ann.put("/user/update-password/7", json!({ "password": "second" })).await;
    assert_eq!(legacy.rows().await, before);
}

#[async_test]
async fn a_sign_up_is_written_back_in_the_legacy_form() {
    for legacy in
        [LegacyTable::users().await, LegacyTable::user().await, LegacyTable::user_in_the_same_database().await]
    {
        legacy.add(41, "ann", "first").await;
        let site = legacy.synced().set("adopt.write_back", "true").start().await;
        // bcrypt reads no more than 72 bytes.
        let long = "x".repeat(72);
        for (name, password) in [("Bob", "the password"), ("cid", &long), ("dora", "e\u{301}te\u{301}")] {
            assert_eq!(sign_up(&site, name, password).await.status, 201);
            let (id, value) = legacy.row(name).await;
            assert!(id > 41);
            let prefix = if legacy.table == "users" { "pbkdf2:sha256:10$" } else { "$2b$04$" };
            assert!(value.starts_with(prefix), "{value}");
            assert!(verifies(&value, password));
            // The ids agree, and the write-back does not look like a legacy change.
            let mut client = site.anon();
            assert_eq!(client.log_in(name, password).await.status, 200);
            client.get(&format!("/user/{id}")).await.assert_json(200, json!({ "username": name }));
            let hash = format!("SELECT version FROM dw_credentials WHERE user_id = {id}");
            assert_eq!(site.database.value(&hash).await, "1");
        }
        // The contract `user-crud` gives every new row the role `user`.
        assert!(legacy.table == "users" || legacy.rows().await.iter().skip(1).all(|row| row[3] == "user"));
    }
}

#[async_test]
async fn a_name_that_the_legacy_table_cannot_store_is_refused() {
    let legacy = LegacyTable::user().await;
    if legacy.database.is_sqlite() {
        // SQLite stores names of any length in any column.
        return;
    }
    let narrow = "ALTER TABLE user MODIFY username VARCHAR(80) CHARACTER SET latin1 NOT NULL UNIQUE";
    legacy.database.execute(narrow).await;
    legacy.add(1, "ann", "first").await;
    legacy.add(2, "ren\u{e9}", "third").await;
    let site = legacy.synced().set("adopt.write_back", "true").start().await;
    for name in ["n".repeat(81), "\u{9375}\u{9375}".to_owned()] {
        sign_up(&site, &name, "a password").await.assert_refused(400, "error");
    }
    assert_eq!(sign_up(&site, &"n".repeat(80), "a password").await.status, 201);
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
    assert_eq!(legacy.rows().await.len(), 3);
    // The column has the accented letter, and lacks the combining accent of the same name's other spelling.
    assert_eq!(site.anon().log_in("ren\u{e9}", "third").await.status, 200);
}

#[async_test]
async fn a_written_back_user_is_synced_even_if_the_ids_differ() {
    let legacy = LegacyTable::users().await;
    legacy.add(1, "ann", "first").await;
    let site = legacy.synced().start().await;
    // These users take the next ids, which the legacy table will use too.
    for name in ["one", "two", "three"] {
        site.create(name, "user").await;
    }
    let writing = site.another_node(&[("adopt.from", &legacy.database.url), ("adopt.write_back", "true")]).await;
    assert_eq!(sign_up(&writing, "bob", "the password").await.status, 201);
    let (legacy_id, value) = legacy.row("bob").await;
    assert!(verifies(&value, "the password"));
    let id = site.id_of("bob").await;
    let link = format!("SELECT user_id FROM dw_adoptions WHERE legacy_id = {legacy_id}");
    assert_eq!(site.database.value(&link).await, id.to_string());
    let mut bob = writing.anon();
    assert_eq!(bob.log_in("bob", "the password").await.status, 200);
    legacy.change(legacy_id, "changed there").await;
    assert_eq!(writing.anon().log_in("bob", "changed there").await.status, 200);
}

#[async_test]
async fn concurrent_sign_ups_of_one_name_create_one_user_in_both_tables() {
    let legacy = LegacyTable::users().await;
    let site = legacy.synced().set("adopt.write_back", "true").start().await;
    for round in 0..5 {
        let tries: Vec<_> = ["bob", "Bob", "BOB", " bob"]
            .iter()
            .map(|name| {
                let (mut client, name) = (site.anon(), format!("{name}{round}"));
                let body = json!({ "username": name, "password": "the password" });
                tokio::spawn(async move { client.post("/signup", body).await.status.as_u16() })
            })
            .collect();
        let mut statuses = Vec::new();
        for one in tries {
            statuses.push(one.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409]);
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "5");
    assert_eq!(legacy.rows().await.len(), 5, "{:?}", legacy.rows().await);
}

/// SQLite reuses the highest id once its row is deleted.
#[async_test]
async fn a_legacy_id_of_a_former_user_is_not_used_again() {
    let legacy = LegacyTable::users().await;
    legacy.add(6, "zoe", "first").await;
    legacy.add(7, "ann", "first").await;
    let site = legacy.synced().set("adopt.write_back", "true").start().await;
    let mut ann = site.anon();
    assert_eq!(ann.log_in("ann", "first").await.status, 200);
    legacy.remove(7).await;
    if !legacy.database.is_sqlite() {
        legacy.database.execute("ALTER TABLE users AUTO_INCREMENT = 1").await;
    }
    for name in ["bob", "cid"] {
        assert_eq!(sign_up(&site, name, "the password").await.status, 201);
        let (id, value) = legacy.row(name).await;
        assert!(id > 7 && verifies(&value, "the password"), "{id}");
        assert_eq!(site.anon().log_in(name, "the password").await.status, 200);
        assert_eq!(site.id_of(name).await, id);
    }
    assert_eq!(site.anon().log_in("ann", "first").await.status, 401);
}

/// A table that would make every sign-up fail is reported at the start.
#[async_test]
async fn a_table_that_cannot_be_written_is_refused_at_the_start() {
    let problem = async |site: &Site| {
        let application = site.app.legacy.as_ref().unwrap();
        let old = legacy::open(&site.app, application).await.unwrap();
        legacy::check_write_back(&site.app, &old).await.err().map(|error| error.to_string())
    };
    for legacy in
        [LegacyTable::users().await, LegacyTable::user().await, LegacyTable::user_in_the_same_database().await]
    {
        legacy.add(1, "ann", "first").await;
        let before = legacy.rows().await;
        let site = legacy.synced().set("adopt.write_back", "true").start().await;
        assert_eq!(problem(&site).await, None);
        assert_eq!(legacy.rows().await, before);
    }
    let legacy = LegacyTable::users().await;
    let site = legacy.synced().set("adopt.write_back", "true").start().await;
    // Django's hashes cannot be written back.
    let django = format!("pbkdf2_sha256$10$salt${}=", "A".repeat(43));
    legacy.add_row(1, "ann", &django).await;
    assert!(problem(&site).await.unwrap().contains("of the scheme django-pbkdf2-sha256, which Doorward cannot create"));
    // A column that needs a value.
    legacy.database.execute("ALTER TABLE users ADD COLUMN mail VARCHAR(80) NOT NULL DEFAULT 'x'").await;
    let numbered = Database::new().await;
    let unnumbered = "CREATE TABLE users (id BIGINT NOT NULL, username VARCHAR(80), password VARCHAR(255))";
    numbered.execute(unnumbered).await;
    let other = Site::builder().set("adopt.from", &numbered.url);
    assert!(problem(&other.set("adopt.write_back", "true").start().await).await.unwrap().contains("column id"));
}

/// A row whose id cannot be read still has a name.
#[async_test]
async fn the_name_of_a_row_with_an_unreadable_id_is_taken() {
    let legacy = LegacyTable::users().await;
    if legacy.database.is_sqlite() {
        // Every id in an INTEGER PRIMARY KEY of SQLite can be read.
        return;
    }
    legacy.database.execute("ALTER TABLE users MODIFY id BIGINT UNSIGNED AUTO_INCREMENT").await;
    let row = "INSERT INTO users (id, username, password) VALUES (18446744073709551615, 'zed', 'anything')";
    legacy.database.execute(row).await;
    let site = legacy.synced().start().await;
    sign_up(&site, "Zed", "mine now").await.assert_refused(409, "error");
    assert_eq!(site.anon().log_in("zed", "anything").await.status, 401);
    assert_eq!(sign_up(&site, "zoe", "a password").await.status, 201);
}
