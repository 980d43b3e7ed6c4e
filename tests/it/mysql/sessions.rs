//! The settings of a session do not depend on the server's.

use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{MariaDb, Program, Site};

/// Everything that a server may preset, and that an account without special rights gets.
const HOSTILE: [&str; 12] = [
    "--character-set-server=latin1",
    "--skip-character-set-client-handshake",
    "--init-connect=SET NAMES latin1, sql_select_limit = 1, sql_safe_updates = 1, time_zone = '+05:30', autocommit = 0, \
     completion_type = 1, unique_checks = 0, sql_big_selects = 0",
    "--sql-mode=ANSI_QUOTES,NO_BACKSLASH_ESCAPES",
    "--transaction-isolation=SERIALIZABLE",
    "--transaction-read-only",
    "--default-storage-engine=MyISAM",
    "--autocommit=0",
    "--completion-type=RELEASE",
    "--innodb-lock-wait-timeout=100",
    "--default-time-zone=-07:00",
    "--wait-timeout=1",
];

#[async_test]
async fn no_setting_of_the_server_changes_what_is_stored() {
    let Some(server) = MariaDb::start(&HOSTILE) else { return };
    server.execute("CREATE USER app IDENTIFIED BY 'secret'").await;
    server.execute("GRANT ALL ON doorward.* TO app").await;
    let url = server.url().replace("root@", "app:secret@");
    let site = Site::builder().set("database.url", &url).database(server.database()).start().await;
    let name = "Zoë€😀";
    let answer = site.anon().post("/signup", json!({ "username": name, "password": "the password" })).await;
    answer.assert_status(201);
    site.create("second", "user").await;
    let hex: String = name.bytes().map(|byte| format!("{byte:02X}")).collect();
    let stored = site.database.value("SELECT HEX(name) FROM dw_users WHERE id = 1").await;
    assert_eq!(stored, hex);
    let engines =
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'doorward' AND engine <> 'InnoDB'";
    assert_eq!(site.database.value(engines).await, "0");
    site.anon().get("/readyz").await.assert_json(200, json!({ "status": "ready" }));
    let shown = Program::new(&server.database()).set("database.url", &url).run(&["migrate", "status"]);
    assert_eq!(shown.code, 0, "{shown:?}");
}

/// A connection that the server closed while it was idle is replaced, and no request fails.
#[async_test]
async fn connections_that_the_server_closed_are_replaced_unseen() {
    let Some(server) = MariaDb::start(&[]) else { return };
    let site = Site::builder().database(server.database()).start().await;
    let mut ann = site.user("Ann").await;
    for _ in 0..3 {
        // As an operator or a proxy does.
        server.kill_connections("root").await;
        ann.get("/api/v1/sessions/current").await.assert_status(200);
        site.create(&format!("user{}", site.database.value("SELECT COUNT(*) FROM dw_users").await), "user").await;
    }
}

#[async_test]
async fn an_ipv6_address_in_the_url_connects() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        // This machine has no IPv6.
        return;
    }
    let Some(server) = MariaDb::start(&["--bind-address=127.0.0.1,::1"]) else { return };
    let url = server.url().replace("127.0.0.1", "[::1]");
    let ran = Program::new(&server.database()).set("database.url", &url).run(&["migrate", "up"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// The server allows fewer connections than the pool: requests wait for one of the existing ones.
#[async_test]
async fn requests_wait_for_a_connection_when_the_server_accepts_no_more() {
    let Some(server) = MariaDb::start(&[]) else { return };
    server.execute("CREATE USER app IDENTIFIED BY 'secret' WITH MAX_USER_CONNECTIONS 2").await;
    server.execute("GRANT ALL ON doorward.* TO app").await;
    let url = server.url().replace("root@", "app:secret@");
    let site = Site::builder()
        .set("database.url", &url)
        .set("database.connections", "16")
        .set("database.timeout", "30s")
        .database(server.database())
        .start()
        .await;
    let ann = site.user("Ann").await;
    let many: Vec<_> = (0..64)
        .map(|_| {
            let mut ann = ann.clone();
            tokio::spawn(async move { ann.get("/api/v1/sessions/current").await.status })
        })
        .collect();
    for request in many {
        assert_eq!(request.await.unwrap(), 200);
    }
}
