//! A proxy that the configuration lacks, or that does not name its clients, is shown to the operator.

use std::time::Duration;

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use super::addresses::{PROXY, signs_up, verbose};
use crate::support::Site;

/// Returns the findings about addresses that a nearby client sees.
async fn findings(site: &Site) -> Vec<Value> {
    let seen = verbose(site, "127.0.0.1", &[]).await;
    let checks = seen["checks"].as_array().unwrap().clone();
    checks.into_iter().filter(|check| check["about"] == "addresses").collect()
}

#[async_test]
async fn a_proxy_that_is_not_configured_is_shown_with_the_line_to_configure() {
    let site = Site::builder().set("server.trusted_proxies", PROXY).start().await;
    site.create("ann", "user").await;
    for (header, value) in [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1")] {
        assert!(signs_up(&site, "10.0.0.9", &[]).await);
        assert!(signs_up(&site, "198.51.100.9", &[(header, value)]).await, "a stranger is never suggested");
        assert!(signs_up(&site, PROXY, &[(header, value)]).await);
        assert_eq!(findings(&site).await[0]["state"], "ok", "{header}");
        assert!(signs_up(&site, "10.0.0.9", &[(header, value)]).await);
        let found = findings(&site).await;
        assert_eq!((found.len(), &found[0]["state"]), (1, &json!("weak")), "{header}");
        let line = "set server.trusted_proxies = [\"10.0.0.5/32\", \"10.0.0.9\"]";
        assert!(found[0]["detail"].as_str().unwrap().contains(line), "{found:?}");
        // The probable proxy itself sees only this advice.
        let seen = verbose(&site, "10.0.0.9", &[]).await;
        let about: Vec<_> = seen["checks"].as_array().unwrap().iter().map(|check| &check["about"]).collect();
        assert_eq!(about, ["addresses"], "{seen}");
        site.advance(Duration::from_secs(3600));
    }
}

#[async_test]
async fn a_trusted_proxy_that_does_not_name_its_clients_is_shown() {
    let site = Site::builder().set("server.trusted_proxies", PROXY).start().await;
    site.create("ann", "user").await;
    for headers in [&[][..], &[("x-forwarded-for", "unknown")]] {
        assert_eq!(findings(&site).await[0]["state"], "ok");
        assert!(signs_up(&site, PROXY, headers).await);
        let found = findings(&site).await;
        assert!(found[0]["detail"].as_str().unwrap().contains("the trusted proxy 10.0.0.5"), "{found:?}");
        site.advance(Duration::from_secs(3600));
    }
}
