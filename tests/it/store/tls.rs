//! TLS to the database: a connection that requires TLS gets it or fails. The tests' own server does not support TLS.

use doorward_test_macros::async_test;
use std::time::Duration;

use doorward::{Error, Remedy, store::status};

use crate::support::{Database, Site};

#[async_test]
async fn a_url_that_requires_tls_never_connects_without_it() {
    let database = Database::new().await;
    if database.is_sqlite() {
        return;
    }
    for parameters in ["ssl-mode=REQUIRED", "ssl-mode=VERIFY_CA", "ssl-mode=verify_identity", "require_ssl=true"] {
        let url = format!("{}?{parameters}", database.url);
        let site = Site::builder().set("database.url", &url).database(database.clone()).start_unmigrated().await;
        let answer = status::ping(&site.app.db, Duration::from_secs(5)).await;
        assert!(matches!(answer, Err(Error::Unusable { remedy: Remedy::Settings, .. })), "{parameters}: {answer:?}");
    }
    let plain = Site::builder().database(database).start_unmigrated().await;
    status::ping(&plain.app.db, Duration::from_secs(5)).await.unwrap();
}
