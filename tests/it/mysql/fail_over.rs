//! A URL with several hosts: the first one that is fit serves, and the next one when it fails.

use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{MariaDb, Program, Site, eventually_async};

fn both(first: &MariaDb, second: &MariaDb) -> String {
    format!("mysql://root@127.0.0.1:{},127.0.0.1:{}/doorward", first.port, second.port)
}

#[async_test]
async fn the_first_writable_host_serves() {
    let (Some(first), Some(second)) = (MariaDb::start(&["--read-only"]), MariaDb::start(&[])) else { return };
    let url = both(&first, &second);
    let site = Site::builder().set("database.url", &url).database(second.database()).start().await;
    site.create("Ann", "user").await;
    assert_eq!(second.database().value("SELECT COUNT(*) FROM dw_users").await, "1");
    site.anon().get("/readyz").await.assert_json(200, json!({ "status": "ready" }));
}

/// The other host has the tables too, as a replica has.
#[async_test]
async fn a_server_that_fails_or_becomes_read_only_is_left() {
    let (Some(mut first), Some(second)) = (MariaDb::start(&[]), MariaDb::start(&[])) else { return };
    assert_eq!(Program::new(&second.database()).run(&["migrate", "up"]).code, 0);
    let url = both(&first, &second);
    let site = Site::builder()
        .set("database.url", &url)
        .set("database.timeout", "10s")
        .database(second.database())
        .start()
        .await;
    site.create("Ann", "user").await;
    first.execute("SET GLOBAL read_only = 1").await;
    // The existing connections still have the old server, whose refusal moves the transaction.
    site.create("Bob", "user").await;
    first.kill();
    site.create("Eve", "user").await;
    eventually_async("readiness", async || site.anon().get("/readyz").await.status == 200).await;
    first.restart();
    first.execute("SET GLOBAL read_only = 0").await;
    // The program stays where it is.
    site.create("Zoe", "user").await;
    let last = second.database().value("SELECT COUNT(*) FROM dw_users WHERE name IN ('Eve', 'Zoe')").await;
    assert_eq!(last, "2");
}
