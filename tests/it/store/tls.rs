//! TLS to the database: whoever asks for it gets it or gets nothing. The private server of the tests has none.

use doorward_test_macros::async_test;
use std::time::Duration;

use doorward::{Error, store::status};

use crate::support::{Database, Site};

#[async_test]
async fn a_url_that_names_certificates_never_connects_in_clear() {
    let database = Database::new().await;
    if database.is_sqlite() {
        return;
    }
    for parameters in [
        "ssl-mode=REQUIRED",
        "ssl-mode=VERIFY_CA",
        "ssl-mode=verify_identity",
        "ssl-ca=ca.pem",
        "ssl-cert=client.pem&ssl-key=client.key",
        "require_ssl=true",
    ] {
        let url = format!("{}?{parameters}", database.url);
        let site = Site::builder().set("database.url", &url).database(database.clone()).start_unmigrated().await;
        let answer = status::ping(&site.app.db, Duration::from_secs(5)).await;
        assert!(matches!(answer, Err(Error::Unavailable(_) | Error::Database(_))), "{parameters}: {answer:?}");
    }
    let plain = Site::builder().database(database).start_unmigrated().await;
    status::ping(&plain.app.db, Duration::from_secs(5)).await.unwrap();
}
