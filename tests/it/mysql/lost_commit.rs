//! A commit whose answer is lost, and a transaction that the server ended, are answered truly.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{
    MariaDb, Site,
    mysql_proxy::{Fate, PacketProxy, query},
    site::password_of,
};

/// A site behind a proxy that does `fate` with the next `faults` packets of this query.
async fn faulty(server: &MariaDb, sql: &'static str, fate: fn() -> Fate) -> (Site, Arc<AtomicUsize>) {
    let faults = Arc::new(AtomicUsize::new(0));
    let left = Arc::clone(&faults);
    let proxy = PacketProxy::start(&server.url(), move |payload| {
        let is_next = || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if query(payload) == Some(sql) && is_next() { fate() } else { Fate::Pass }
    });
    let url = proxy.url(&server.url());
    let site = Site::builder()
        .set("database.url", &url)
        .set("database.timeout", "10s")
        .database(server.database())
        .start()
        .await;
    (site, faults)
}

async fn sign_up(site: &Site, name: &str) -> u16 {
    site.anon().post("/signup", json!({ "username": name, "password": password_of(name) })).await.status.as_u16()
}

#[async_test]
async fn a_commit_whose_answer_was_lost_is_acknowledged() {
    let Some(server) = MariaDb::start(&[]) else { return };
    let (site, faults) = faulty(&server, "COMMIT", || Fate::LoseAnswer).await;
    for name in ["ann", "bob", "eve"] {
        faults.store(1, Ordering::SeqCst);
        assert_eq!(sign_up(&site, name).await, 201);
        let count = format!("SELECT COUNT(*) FROM dw_users WHERE name = '{name}'");
        assert_eq!(site.database.value(&count).await, "1");
    }
}

#[async_test]
async fn a_commit_that_never_arrived_is_done_again() {
    let Some(server) = MariaDb::start(&[]) else { return };
    let (site, faults) = faulty(&server, "COMMIT", || Fate::Lose).await;
    for name in ["ann", "bob", "eve"] {
        faults.store(1, Ordering::SeqCst);
        assert_eq!(sign_up(&site, name).await, 201);
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "3");
}

/// Something between the program and the server forgets the transaction. The first statement then shows it.
#[async_test]
async fn a_transaction_that_the_server_does_not_know_is_never_acknowledged() {
    let Some(server) = MariaDb::start(&[]) else { return };
    let (site, faults) = faulty(&server, "START TRANSACTION READ WRITE", || Fate::Replace("DO 1")).await;
    faults.store(usize::MAX, Ordering::SeqCst);
    assert_eq!(sign_up(&site, "ann").await, 503);
    faults.store(0, Ordering::SeqCst);
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "0");
}
