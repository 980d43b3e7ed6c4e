//! Write-back is checked before its first write: at the start, or when the legacy database is back.

use doorward::ops::legacy;
use doorward_test_macros::async_test;
use serde_json::json;

use super::{LegacyTable, secrets, verifies};
use crate::{
    faults::proxy::Proxy,
    support::{Database, Program, Site, eventually},
};

const BCRYPT: &str = "$2y$04$abcdefghijklmnopqrstuuO0mZ8xqJYx0Z1f0n3cHJfQw4Xc3QyCq";

/// A site that writes back to a table with these columns and this password.
async fn site_of(columns: &str, password: &str, settings: &[(&str, &str)]) -> (Database, Site) {
    let database = Database::new().await;
    let id = if database.is_sqlite() { "INTEGER PRIMARY KEY" } else { "INT AUTO_INCREMENT PRIMARY KEY" };
    database.execute(&format!("CREATE TABLE users (id {id}, {columns})")).await;
    if !password.is_empty() {
        database.execute(&format!("INSERT INTO users (username, password) VALUES ('ann', {password})")).await;
    }
    let builder = Site::builder().secrets(secrets()).set("adopt.from", &database.url).set("adopt.write_back", "true");
    let builder = builder.set("password.min_length", "8");
    let site = settings.iter().fold(builder, |builder, (key, value)| builder.set(key, value)).start().await;
    (database, site)
}

async fn problem(site: &Site) -> String {
    let application = site.app.legacy.as_ref().unwrap();
    let old = legacy::open(&site.app, application).await.unwrap();
    legacy::check_write_back(&site.app, &old).await.err().map_or_else(String::new, |error| error.to_string())
}

#[async_test]
async fn the_start_names_what_the_legacy_table_cannot_hold() {
    let text = "username VARCHAR(80), password VARCHAR(80)";
    let bcrypt = format!("'{BCRYPT}'");
    let is_sqlite = Database::new().await.is_sqlite();
    let mut cases = vec![
        (text.to_owned(), bcrypt.as_str(), ""),
        (text.to_owned(), "'a password'", "in no recognised form, which Doorward cannot create"),
        (format!("{text}, mail VARCHAR(80) NOT NULL"), "", "because its column mail has no default"),
        (format!("{text}, role INT DEFAULT 0"), bcrypt.as_str(), "because the column role holds numbers"),
        (format!("{text}, role VARCHAR(80) DEFAULT 'user'"), bcrypt.as_str(), ""),
    ];
    if !is_sqlite {
        let narrow = "username VARCHAR(80), password VARCHAR(59)".to_owned();
        cases.push((narrow, "'!'", "the column password of users holds 59 characters"));
        cases.push((format!("{text}, role ENUM('member', 'boss')"), bcrypt.as_str(), "the column role is enum("));
        cases.push((format!("{text}, role VARCHAR(3)"), bcrypt.as_str(), "the column role holds 3 characters"));
        cases.push((format!("{text}, role BIT(1) DEFAULT 0"), bcrypt.as_str(), "the column role holds bits"));
        cases.push((format!("{text}, twice INT AS (1 + 1) VIRTUAL"), bcrypt.as_str(), ""));
    }
    for (columns, password, expected) in cases {
        let (_database, site) = site_of(&columns, password, &[]).await;
        let problem = problem(&site).await;
        if expected.is_empty() {
            assert_eq!(problem, "", "{columns}");
        } else {
            assert!(problem.contains(expected), "{columns}: {problem}");
        }
    }
}

#[async_test]
async fn a_role_is_written_as_the_operators_value() {
    let columns = "username VARCHAR(80), password VARCHAR(80), role INT DEFAULT 0";
    let (database, site) =
        site_of(columns, &format!("'{BCRYPT}'"), &[("adopt.columns", "role=role:1=admin|0=user")]).await;
    assert_eq!(problem(&site).await, "");
    let reply = site.anon().post("/signup", json!({ "username": "bob", "password": "the password" })).await;
    reply.assert_status(201);
    assert_eq!(database.value("SELECT role FROM users WHERE username = 'bob'").await, "0");
}

#[async_test]
async fn a_hash_is_written_as_the_legacy_application_writes_it() {
    for (prefix, column) in [("$2a$", "VARCHAR(80)"), ("$2b$", "VARCHAR(80)"), ("$2y$", "BLOB")] {
        let columns = format!("username VARCHAR(80), password {column}");
        let hash = BCRYPT.replacen("$2y$", prefix, 1);
        let hash = if column == "BLOB" { format!("X'{}'", hex(&hash)) } else { format!("'{hash}'") };
        let (database, site) = site_of(&columns, &hash, &[]).await;
        let reply = site.anon().post("/signup", json!({ "username": "bob", "password": "the password" })).await;
        reply.assert_status(201);
        let value = database.value("SELECT CAST(password AS CHAR(80)) FROM users WHERE username = 'bob'").await;
        assert!(value.starts_with(prefix) && verifies(&value, "the password"), "{value}");
        if database.is_sqlite() {
            let kind = database.value("SELECT typeof(password) FROM users WHERE username = 'bob'").await;
            assert_eq!(kind, if column == "BLOB" { "blob" } else { "text" });
        }
        // The value is found again in the type that it has.
        let mut bob = site.anon();
        assert_eq!(bob.log_in("bob", "the password").await.status, 200);
        let change = format!("/user/update-password/{}", site.id_of("bob").await);
        assert_eq!(bob.put(&change, json!({ "password": "another password" })).await.status, 200);
        let value = database.value("SELECT CAST(password AS CHAR(80)) FROM users WHERE username = 'bob'").await;
        assert!(value.starts_with(prefix) && verifies(&value, "another password"), "{value}");
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[async_test]
async fn a_password_that_bcrypt_does_not_read_is_refused() {
    let (database, site) = site_of("username VARCHAR(80), password VARCHAR(80)", &format!("'{BCRYPT}'"), &[]).await;
    let long = "Zwölf Boxkämpfer jagen Eva quer über den Sylter Deich, und weiter".to_owned();
    let long = format!("{long}{}", "!".repeat(72 - long.len()));
    let sign_up = async |name: &str, password: &str| {
        site.anon().post("/api/v1/users", json!({ "name": name, "password": password })).await
    };
    sign_up("bob", &format!("{long}x")).await.assert_invalid("/password", "too_long");
    sign_up("bob", "a word\u{0} and more").await.assert_invalid("/password", "unseen_characters");
    assert_eq!(database.value("SELECT COUNT(*) FROM users").await, "1");
    sign_up("bob", &long).await.assert_status(201);
    let value = database.value("SELECT password FROM users WHERE username = 'bob'").await;
    assert!(verifies(&value, &long), "{value}");
    let (_database, site) = site_of("username VARCHAR(80), password VARCHAR(255)", "", &[]).await;
    let reply = site.anon().post("/api/v1/users", json!({ "name": "bob", "password": format!("{long}x") })).await;
    reply.assert_status(201);
}

/// Columns whose unique key the check of the start cannot judge, because the database computes the value.
const COMPUTED: &str =
    "username VARCHAR(80) UNIQUE, password VARCHAR(80), mail VARCHAR(80) NOT NULL DEFAULT (lower('NONE')) UNIQUE";

#[async_test]
async fn another_unique_key_is_not_a_taken_name() {
    let (database, site) = site_of(COMPUTED, &format!("'{BCRYPT}'"), &[]).await;
    assert_eq!(problem(&site).await, "");
    let sign_up =
        async |name: &str| site.anon().post("/signup", json!({ "username": name, "password": "the password" })).await;
    let reply = sign_up("bob").await;
    assert_eq!(reply.status, 503, "{}", reply.text());
    assert!(!reply.text().contains("mail"), "{}", reply.text());
    assert_eq!(sign_up("Ann").await.status, 409);
    let new = json!({ "name": "bob", "password": "the password" });
    site.anon().post("/api/v1/users", new).await.assert_problem(503, "unavailable");
    assert_eq!(database.value("SELECT COUNT(*) FROM users").await, "1");
    database.execute("UPDATE users SET mail = 'ann'").await;
    assert_eq!(sign_up("bob").await.status, 201);
}

#[async_test]
async fn the_log_names_a_unique_key_that_refuses_a_new_row() {
    let legacy = Database::new().await;
    let id = if legacy.is_sqlite() { "INTEGER PRIMARY KEY" } else { "INT AUTO_INCREMENT PRIMARY KEY" };
    legacy.execute(&format!("CREATE TABLE users (id {id}, {COMPUTED})")).await;
    legacy.execute(&format!("INSERT INTO users (username, password) VALUES ('ann', '{BCRYPT}')")).await;
    let database = Database::new().await;
    let server = Program::new(&database).set("adopt.from", &legacy.url).set("adopt.write_back", "true").serve();
    let mut web = server.web.clone();
    assert_eq!(web.sign_up("bob", "the password").status, 503);
    eventually("the key", || {
        let printed = server.printed();
        (printed.contains("the unique key") && printed.contains("mail")).then_some(())
    });
}

#[async_test]
async fn the_start_names_a_unique_key_that_permits_one_new_row() {
    let text = "username VARCHAR(80) UNIQUE, password VARCHAR(255)";
    let is_sqlite = Database::new().await.is_sqlite();
    let none = "";
    let mut cases = vec![
        ("mail VARCHAR(80) NOT NULL DEFAULT '' UNIQUE", "permits one row with the default of mail"),
        ("mail VARCHAR(80) DEFAULT 'none' UNIQUE", "permits one row with the default of mail"),
        ("tenant INT DEFAULT 0, mail VARCHAR(80) DEFAULT '-', UNIQUE (tenant, mail)", "the default of tenant, mail"),
        ("role VARCHAR(80) DEFAULT 'user', tenant INT DEFAULT 1, UNIQUE (role, tenant)", "the default of role, tenant"),
        ("role VARCHAR(80) DEFAULT 'user', UNIQUE (role)", "permits one row with the default of role"),
        ("mail VARCHAR(80) UNIQUE", none),
        ("mail VARCHAR(80) DEFAULT NULL UNIQUE", none),
        ("tenant INT DEFAULT 0, UNIQUE (tenant, username)", none),
        ("tenant INT DEFAULT 0, mail VARCHAR(80), UNIQUE (tenant, mail)", none),
        ("mail VARCHAR(80) DEFAULT 'x'", none),
        ("UNIQUE (password)", none),
    ];
    if is_sqlite {
        cases.push(("token TEXT DEFAULT (hex(randomblob(16))) UNIQUE", none));
    } else {
        cases.push(("token VARCHAR(80) DEFAULT (uuid()) UNIQUE", none));
        cases.push(("twin VARCHAR(80) AS (CONCAT(username, '!')) STORED UNIQUE", none));
        cases.push(("seen TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6) UNIQUE", none));
    }
    let (database, site) = site_of(text, &format!("'{BCRYPT}'"), &[]).await;
    for (columns, expected) in cases {
        let id = if is_sqlite { "INTEGER PRIMARY KEY" } else { "INT AUTO_INCREMENT PRIMARY KEY" };
        database.execute("DROP TABLE users").await;
        database.execute(&format!("CREATE TABLE users (id {id}, {text}, {columns})")).await;
        site.app.legacy.as_ref().unwrap().search(&site.app.db).await.unwrap();
        let problem = problem(&site).await;
        if expected == none {
            assert_eq!(problem, "", "{columns}");
        } else {
            assert!(problem.contains(expected), "{columns}: {problem}");
        }
    }
}

#[async_test]
async fn a_trigger_or_a_partial_key_may_make_new_rows_differ() {
    let text = "username VARCHAR(80) UNIQUE, password VARCHAR(80), mail VARCHAR(80) NOT NULL DEFAULT ''";
    let (database, site) = site_of(text, &format!("'{BCRYPT}'"), &[]).await;
    database
        .execute(if database.is_sqlite() {
            "CREATE UNIQUE INDEX by_mail ON users (mail) WHERE mail <> ''"
        } else {
            "CREATE TRIGGER own_mail BEFORE INSERT ON users FOR EACH ROW SET NEW.mail = NEW.username"
        })
        .await;
    if !database.is_sqlite() {
        database.execute("ALTER TABLE users ADD UNIQUE KEY by_mail (mail)").await;
    }
    assert_eq!(problem(&site).await, "");
    for name in ["bob", "eve"] {
        let reply = site.anon().post("/signup", json!({ "username": name, "password": "the password" })).await;
        reply.assert_status(201);
    }
}

#[async_test]
async fn a_table_that_is_unfit_when_its_database_is_back_keeps_the_node_unready() {
    let legacy = LegacyTable::user().await;
    if legacy.database.is_sqlite() {
        return;
    }
    legacy.add(1, "ann", "first").await;
    legacy.database.execute("ALTER TABLE user ADD COLUMN mail VARCHAR(80) NOT NULL").await;
    let proxy = Proxy::closed(&legacy.database.url);
    let program = Program::new(&Database::new().await);
    let program = program.set("adopt.from", &proxy.url(&legacy.database.url)).set("adopt.write_back", "true");
    let server = program.serve();
    let mut web = server.web.clone();
    web.get("/readyz").assert_json(503, json!({ "status": "unavailable" }));
    proxy.open();
    eventually("the reason", || server.printed().contains("its column mail has no default").then_some(()));
    web.get("/readyz").assert_json(503, json!({ "status": "unavailable" }));
    assert_eq!(web.sign_up("bob", "the password").status, 503);
    assert_eq!(legacy.rows().await.len(), 1);
    // The repaired table is used without a restart.
    legacy.database.execute("ALTER TABLE user MODIFY mail VARCHAR(80)").await;
    eventually("readiness", || web.clone().send("GET", "/readyz", None).ok().filter(|answer| answer.status == 200));
    assert_eq!(web.sign_up("bob", "the password").status, 201);
}
