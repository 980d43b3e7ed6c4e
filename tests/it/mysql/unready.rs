//! `/readyz` is 503 when a write would not last, and requests are 503 then, never 500.

use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Client, MariaDb, Site, eventually_async, site::password_of};

async fn site(server: &MariaDb) -> Site {
    Site::builder().database(server.database()).start().await
}

async fn assert_unready(site: &Site) {
    eventually_async("the end of readiness", async || site.anon().get("/readyz").await.status == 503).await;
}

async fn assert_ready(site: &Site) {
    eventually_async("readiness", async || site.anon().get("/readyz").await.status == 200).await;
}

/// A sign-up fails with 503, and not with the text of an unreachable server.
async fn assert_refused(client: &mut Client) {
    let body = json!({ "username": "eve", "password": password_of("eve") });
    let reply = client.post("/signup", body).await;
    reply.assert_json(503, json!({ "error": "The database cannot be used now" }));
}

#[async_test]
async fn a_read_only_server_ends_readiness_until_it_is_writable() {
    let Some(server) = MariaDb::start(&[]) else { return };
    let site = site(&server).await;
    assert_ready(&site).await;
    server.execute("SET GLOBAL read_only = 1").await;
    assert_unready(&site).await;
    server.execute("SET GLOBAL read_only = 0").await;
    assert_ready(&site).await;
}

#[async_test]
async fn a_dropped_table_ends_readiness_until_it_is_restored() {
    let Some(server) = MariaDb::start(&[]) else { return };
    let site = site(&server).await;
    assert_ready(&site).await;
    server.execute("RENAME TABLE doorward.dw_users TO doorward.dropped").await;
    assert_unready(&site).await;
    assert_refused(&mut site.anon()).await;
    server.execute("RENAME TABLE doorward.dropped TO doorward.dw_users").await;
    assert_ready(&site).await;
}

#[async_test]
async fn a_lost_right_ends_readiness() {
    for right in ["INSERT", "UPDATE", "DELETE", "SELECT"] {
        let Some(server) = MariaDb::start(&[]) else { return };
        server.execute("CREATE USER app IDENTIFIED BY 'secret'").await;
        server.execute("GRANT ALL ON doorward.* TO app").await;
        let url = server.url().replace("root@", "app:secret@");
        let site = Site::builder().set("database.url", &url).database(server.database()).start().await;
        assert_ready(&site).await;
        server.execute(&format!("REVOKE {right} ON doorward.* FROM app")).await;
        server.kill_connections("app").await;
        assert_unready(&site).await;
        if right != "UPDATE" && right != "DELETE" {
            let body = json!({ "username": "eve", "password": password_of("eve") });
            assert_eq!(site.anon().post("/signup", body).await.status, 503, "{right}");
        }
    }
}

/// The system tablespace cannot grow, so an insert fails with error 1114.
#[async_test]
async fn a_full_disk_is_no_unreachable_server_and_ends_readiness() {
    let options = ["--innodb-data-file-path=ibdata1:12M", "--innodb-file-per-table=0"];
    let Some(server) = MariaDb::start(&options) else { return };
    let site = site(&server).await;
    server.execute("CREATE TABLE doorward.filler (text LONGTEXT)").await;
    let url = format!("mysql://root@127.0.0.1:{}/doorward", server.port);
    let mut connection = mysql_async::Conn::from_url(&url).await.unwrap();
    for length in [1_000_000, 10_000, 100] {
        use mysql_async::prelude::Queryable as _;
        let fill = format!("INSERT INTO filler VALUES (REPEAT('x', {length}))");
        while connection.query_drop(&fill).await.is_ok() {}
    }
    let mut number = 0;
    let full = loop {
        number += 1;
        let body = json!({ "username": format!("user{number}"), "password": password_of("eve") });
        let reply = site.anon().post("/signup", body).await;
        if reply.status != 201 {
            break reply;
        }
    };
    full.assert_json(503, json!({ "error": "The database cannot be used now" }));
    assert_eq!(site.anon().get("/readyz").await.status, 503);
}

/// Existing connections keep the format with which they began, so only the setting of the server shows it.
#[async_test]
async fn a_binlog_format_that_changes_at_run_time_is_noticed_on_existing_connections() {
    let Some(server) = MariaDb::start(&["--log-bin=binlog", "--binlog-format=ROW"]) else { return };
    let site = site(&server).await;
    assert_ready(&site).await;
    server.execute("SET GLOBAL binlog_format = 'STATEMENT'").await;
    assert_unready(&site).await;
    assert_refused(&mut site.anon()).await;
    server.execute("SET GLOBAL binlog_format = 'ROW'").await;
    assert_ready(&site).await;
}

/// J12: without any write, nothing else would show that the server has become a secondary, whose sessions may be outdated.
#[async_test]
async fn a_session_is_not_read_from_a_server_that_became_read_only() {
    let Some(server) = MariaDb::start(&[]) else { return };
    let site = site(&server).await;
    let mut ann = site.user("ann").await;
    assert_eq!(ann.get("/api/v1/sessions/current").await.status, 200);
    server.execute("SET GLOBAL read_only = 1").await;
    eventually_async("the end of service", async || ann.clone().get("/api/v1/sessions/current").await.status == 503)
        .await;
    server.execute("SET GLOBAL read_only = 0").await;
    assert_eq!(ann.get("/api/v1/sessions/current").await.status, 200);
}
