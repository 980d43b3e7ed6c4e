//! A full hash pool: requests that would wait too long are refused at once, other requests still work, and logins work
//! again when the pool has room.

use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Site, full_pool, site::password_of};

// D13
#[async_test]
async fn a_full_hash_pool_refuses_at_once_and_recovers() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    let ann_id = site.id_of("ann").await;
    let busy = site.another_node(&[("hashing.threads", "1"), full_pool::PATIENT]).await;
    for _ in 0..2 {
        let mut full = full_pool::fill(&busy).await;

        let mut ann_there = ann.through(&busy.router);
        let credentials = json!({ "username": "ann", "password": password_of("ann") });
        let new = json!({ "username": "bob", "password": "the password" });
        for (path, body, key) in
            [("/login", &credentials, "error"), ("/signup", &new, "error"), ("/user", &new, "message")]
        {
            full.top_up().await;
            let reply = busy.anon().post(path, body.clone()).await;
            reply.assert_refused(503, key);
            assert!(reply.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
        }
        full.top_up().await;
        // Unknown users are refused in the same way.
        busy.anon().log_in("nobody", "any").await.assert_refused(503, "error");
        let change = json!({ "password": "another password" });
        full.top_up().await;
        ann_there.put(&format!("/user/update-password/{ann_id}"), change).await.assert_refused(503, "message");
        // Requests with a session are not affected.
        ann_there.get(&format!("/user/{ann_id}")).await.assert_json(200, json!({ "username": "ann" }));

        drop(full);
        busy.anon().post("/login", credentials).await.assert_json(200, json!({ "message": "Login successful" }));
        assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
    }
    ann.get(&format!("/user/{ann_id}")).await.assert_json(200, json!({ "username": "ann" }));
}
