//! D9 of threats.md: a known device has its own failure count, so that strangers cannot lock its user out.
//!
//! Invariant: the device cookie grants nothing else.

use doorward_test_macros::async_test;
use std::time::Duration;

use doorward::{
    model::UserId,
    store::{Tx, credentials},
};
use doorward_password::{Password, Salt};
use serde_json::json;

use super::guessing::close;
use crate::support::{Client, Site, site::password_of};

const DAY: Duration = Duration::from_secs(86_400);

fn stranger(site: &Site, device: Option<&str>) -> Client {
    site.anon().on_device(device)
}

// D9
#[async_test]
async fn a_known_device_can_log_in_while_strangers_are_throttled() {
    let site = Site::new().await;
    let ann = site.user("ann").await;
    close(&site, "ann").await;
    site.anon().log_in("ann", &password_of("ann")).await.assert_throttled();
    for path in ["/login", "/api/v1/sessions"] {
        let field = if path == "/login" { "username" } else { "name" };
        let body = json!({ field: "ann", "password": password_of("ann") });
        let mut known = stranger(&site, ann.device.as_deref());
        assert!(known.post(path, body).await.status.is_success(), "{path}");
    }
    site.anon().log_in("ann", &password_of("ann")).await.assert_throttled();
}

#[async_test]
async fn a_device_has_its_own_failure_count() {
    let site = Site::new().await;
    let ann = site.user("ann").await;
    let mut known = stranger(&site, ann.device.as_deref());
    for _ in 0..5 {
        assert_eq!(known.log_in("ann", "wrong").await.status, 401);
    }
    assert_eq!(known.log_in("ann", &password_of("ann")).await.assert_throttled(), 1);
    // The failures do not count for strangers or for another device.
    let other = site.log_in("ann").await;
    assert_ne!(other.device, ann.device);
    assert_eq!(stranger(&site, other.device.as_deref()).log_in("ann", &password_of("ann")).await.status, 200);
    // Another node shares the count, and an administrator's unlock clears it too.
    let node = site.another_node(&[]).await;
    known.through(&node.router).log_in("ann", "wrong").await.assert_throttled();
    let mut root = site.admin("root").await;
    let path = format!("/api/v1/users/{}/unlock", site.uid_of("ann").await);
    root.send(axum::http::Method::POST, &path, None).await.assert_status(204);
    assert_eq!(known.log_in("ann", &password_of("ann")).await.status, 200);
}

// D2, D9: the limit on devices with their own count holds under concurrency and on two nodes.
#[async_test]
async fn concurrent_devices_do_not_exceed_the_limit_of_failure_counts() {
    // Long waits, so that no login is rejected as overloaded. A refunded attempt would free a place for another device, and
    // the final count would depend on chance.
    let patient = [("hashing.max_wait", "60s"), ("database.timeout", "60s")];
    for strangers_are_first in [false, true] {
        let site = patient.iter().fold(Site::builder(), |site, (key, value)| site.set(key, value)).start().await;
        let other = site.another_node(&patient).await;
        site.create("ann", "user").await;
        let mut guesses = tokio::task::JoinSet::new();
        let mut devices = Vec::new();
        for _ in 0..60 {
            devices.push(site.log_in("ann").await.device);
        }
        if strangers_are_first {
            assert_eq!(site.anon().log_in("ann", "wrong").await.status, 401);
        }
        for (number, device) in devices.iter().enumerate() {
            let mut client = stranger(if number % 2 == 0 { &site } else { &other }, device.as_deref());
            guesses.spawn(async move { client.log_in("ann", "wrong").await.status.as_u16() });
        }
        let statuses = guesses.join_all().await;
        assert!(statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
        let id = site.id_of("ann").await;
        let sql = format!("SELECT COUNT(*) FROM dw_login_failures WHERE user_id = {id}");
        // A device gets its own count while fewer than twenty counts exist. The strangers' count is one of these twenty if
        // it exists first. If the twenty-first device creates it, it is one more.
        let counted = if strangers_are_first { "20" } else { "21" };
        assert_eq!(site.database.value(&sql).await, counted, "{statuses:?}");
        let heard = statuses.iter().filter(|status| **status == 401).count();
        // Each device with its own count, and five strangers, less the one that came first.
        let (own, strangers) = if strangers_are_first { (19, 4) } else { (20, 5) };
        assert!((own..=own + strangers).contains(&heard), "{statuses:?}");
    }
}

// D9: an attacker who once knew the password cannot use devices from that time to lock the user out.
#[async_test]
async fn a_password_change_makes_devices_unknown_and_a_hash_upgrade_does_not() {
    const NEW: &str = "a violin in the greenhouse";
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    let mut old = Vec::new();
    for _ in 0..25 {
        old.push(site.log_in("ann").await.device);
    }
    // Before the change these devices are known, and their logins fail.
    for device in &old[..20] {
        assert_eq!(stranger(&site, device.as_deref()).log_in("ann", "wrong").await.status, 401);
    }
    let body = json!({ "current_password": password_of("ann"), "new_password": NEW });
    ann.put("/api/v1/users/me/password", body).await.assert_status(200);
    // The device that changed the password stays known without another login.
    let home = stranger(&site, ann.device.as_deref());
    // The other devices are unknown too, including those that have not failed yet.
    for device in old.iter().chain([&old[0]; 5]) {
        stranger(&site, device.as_deref()).log_in("ann", "wrong").await;
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_login_failures").await, "1", "all are strangers");
    close(&site, "ann").await;
    let mut known = stranger(&site, home.device.as_deref());
    assert_eq!(known.log_in("ann", NEW).await.status, 200);
    // Another hash of the same password.
    let credential = credentials::by_id(&mut site.app.db.read().await.unwrap(), UserId(site.id_of("ann").await)).await;
    let credential = credential.unwrap().unwrap();
    let salt = Salt(site.app.rng.bytes().unwrap());
    let hash = site.app.hasher.hash(Password::new(NEW.to_owned()), salt).await.unwrap();
    assert_ne!(Some(&hash), credential.password_hash.as_ref());
    let write = async |mut tx: Tx| {
        let is_replaced = credentials::replace_hash(&mut tx, &credential, &hash).await?;
        tx.commit(is_replaced).await
    };
    assert!(site.app.db.write(write).await.unwrap());
    site.anon().log_in("ann", NEW).await.assert_throttled();
    assert_eq!(stranger(&site, home.device.as_deref()).log_in("ann", NEW).await.status, 200);
}

// An attacker who once knew the password may have a thousand known devices.
#[async_test]
async fn devices_do_not_give_unlimited_guesses() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let mut devices = Vec::new();
    for _ in 0..25 {
        devices.push(site.log_in("ann").await.device);
    }
    let mut heard = 0;
    for device in &devices {
        for _ in 0..6 {
            let reply = stranger(&site, device.as_deref()).log_in("ann", "wrong").await;
            heard += u64::from(reply.status == 401);
        }
    }
    // Twenty devices have their own count, and all others share the strangers'.
    assert_eq!(heard, 21 * 5);
}

#[async_test]
async fn a_foreign_or_forged_device_cookie_is_ignored() {
    let site = Site::new().await;
    let (ann, bob) = (site.user("ann").await, site.user("bob").await);
    let elsewhere = Site::new().await.user("ann").await;
    close(&site, "ann").await;
    let own = ann.device.unwrap();
    let forged = format!("{}A", &own[..own.len() - 1]);
    let forged = if forged == own { format!("{}B", &own[..own.len() - 1]) } else { forged };
    for device in [bob.device.unwrap(), elsewhere.device.unwrap(), forged, "device=junk".to_owned()] {
        let reply = stranger(&site, Some(&device)).log_in("ann", &password_of("ann")).await;
        reply.assert_throttled();
    }
    // It is not a session token either.
    let mut client = site.anon();
    client.cookie = Some(own.replace("device=", "session="));
    assert_eq!(client.get("/user/1").await.status, 401);
    assert_eq!(stranger(&site, Some(&own)).get("/user/1").await.status, 401);
}

#[async_test]
async fn the_device_cookie_is_renewed_and_expires() {
    let site = Site::builder().set("session.absolute_timeout", "365d").start().await;
    site.create("ann", "user").await;
    let mut ann = site.anon();
    let reply = ann.log_in("ann", &password_of("ann")).await;
    let attributes = "; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000";
    let first = reply.device_cookie().unwrap();
    assert!(first.starts_with("device=dwd_") && first.ends_with(attributes), "{first}");
    // The cookie is renewed after half a year.
    site.advance(DAY * 181);
    assert_eq!(ann.log_in("ann", &password_of("ann")).await.device_cookie(), None);
    site.advance(DAY);
    let renewed = ann.log_in("ann", &password_of("ann")).await.device_cookie().unwrap();
    assert_ne!(renewed, first);
    // The renewed cookie is the same device: both share one failure count.
    let first = first.split(';').next().unwrap().to_owned();
    for _ in 0..5 {
        assert_eq!(stranger(&site, Some(&first)).log_in("ann", "wrong").await.status, 401);
    }
    ann.log_in("ann", "wrong").await.assert_throttled();
    // The first cookie is now a year old, and no longer known.
    site.advance(DAY * 183);
    close(&site, "ann").await;
    stranger(&site, Some(&first)).log_in("ann", &password_of("ann")).await.assert_throttled();
    assert_eq!(ann.log_in("ann", &password_of("ann")).await.status, 200);
    // Another user of the same browser gets another cookie.
    site.create("bob", "user").await;
    let reply = ann.log_in("bob", &password_of("bob")).await;
    assert!(reply.device_cookie().is_some());
}

// E6
#[async_test]
async fn over_https_the_device_cookie_has_the_host_prefix() {
    let site = Site::builder().set("server.public_url", "https://accounts.example.com").start().await;
    site.create("ann", "user").await;
    let reply = site.anon().log_in("ann", &password_of("ann")).await;
    let cookie = reply.device_cookie().unwrap();
    let attributes = "; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=31536000";
    assert!(cookie.starts_with("__Host-device=dwd_") && cookie.ends_with(attributes), "{cookie}");
    close(&site, "ann").await;
    let own = cookie.split(';').next().unwrap();
    let bare = own.strip_prefix("__Host-").unwrap();
    stranger(&site, Some(bare)).log_in("ann", &password_of("ann")).await.assert_throttled();
    assert_eq!(stranger(&site, Some(own)).log_in("ann", &password_of("ann")).await.status, 200);
    site.create("bob", "user").await;
    assert!(site.begin("bob", &password_of("bob"), "body").await.set_cookies().is_empty());
    assert_eq!(site.begin("bob", &password_of("bob"), "cookie").await.set_cookies().len(), 2);
    assert!(site.anon().log_in("bob", "wrong").await.set_cookies().is_empty());
}
