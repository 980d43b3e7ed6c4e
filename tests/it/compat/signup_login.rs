//! `contracts/signup-login.md`, row by row.

use serde_json::json;

use crate::support::Site;

#[tokio::test(flavor = "multi_thread")]
async fn signs_up_and_logs_in() {
    let site = Site::new().await;
    let mut client = site.anon();
    let ann = json!({ "username": "user123", "password": "mypassword" });
    client.post("/signup", ann.clone()).await.is(201, json!({ "message": "User registered successfully" }));
    let reply = client.post("/login", ann).await;
    reply.is(200, json!({ "message": "Login successful" }));
    assert!(reply.set_cookie().unwrap().starts_with("session=dws_"));
    client.get("/user/1").await.is(200, json!({ "username": "user123" }));
}
