//! A panic fails only its own request. The process and later requests are not affected.

use doorward_test_macros::async_test;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use doorward::model::Rng;
use serde_json::json;

use crate::support::{Site, site::password_of};

// E22; ASVS 3.4.4, 16.5.4
#[async_test]
async fn a_panic_is_500_in_the_routes_error_format_and_the_next_request_is_served() {
    let panics = Arc::new(AtomicBool::new(false));
    let (system, switch) = (Rng::system(), Arc::clone(&panics));
    let rng = Rng::from_fn(move |bytes| {
        assert!(!switch.load(Ordering::Relaxed), "canary");
        for byte in bytes {
            [*byte] = system.bytes()?;
        }
        Ok(())
    });
    let url = "https://accounts.example.com";
    let site = Site::builder().rng(rng).set("server.public_url", url).start().await;
    site.create("ann", "user").await;
    let new = json!({ "username": "bob", "password": "the password" });
    for (path, key) in [("/signup", "error"), ("/user", "message")] {
        panics.store(true, Ordering::Relaxed);
        let reply = site.anon().post(path, new.clone()).await;
        reply.assert_refused(500, key);
        reply.assert_browser_headers(path, true);
        assert!(reply.headers.contains_key("x-request-id") && !reply.text().contains("canary"));
        panics.store(false, Ordering::Relaxed);
        assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200);
    }
    panics.store(true, Ordering::Relaxed);
    let reply =
        site.anon().post("/api/v1/users", json!({ "name": "bob", "password": "a violin in the greenhouse" })).await;
    reply.assert_problem(500, "internal");
    reply.assert_browser_headers("/api/v1/users", true);
    panics.store(false, Ordering::Relaxed);
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
}
