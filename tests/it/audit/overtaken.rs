//! Changes during the hashing of a password: the transaction checks again, and its refusal is recorded.

use doorward_test_macros::async_test;
use std::sync::{Arc, Mutex};

use doorward::model::Rng;
use serde_json::json;

use super::{added, operations};
use crate::support::Database;

#[async_test]
async fn a_user_promoted_meanwhile_keeps_the_password() {
    let armed: Arc<Mutex<Option<Database>>> = Arc::default();
    let trap = Arc::clone(&armed);
    let system = Rng::system();
    let rng = Rng::from_fn(move |bytes| {
        // The salt is drawn between the check and the transaction.
        if let Some(database) = trap.lock().unwrap().take() {
            let promote = std::thread::spawn(move || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(database.set_role("ann", "admin"));
            });
            promote.join().unwrap();
        }
        bytes.iter_mut().try_for_each(|byte| system.bytes::<1>().map(|[drawn]| *byte = drawn))
    });
    let site = operations::site_drawing(rng).await;
    site.create("mia", "manager").await;
    let id = site.create("ann", "user").await;
    let mut mia = site.log_in("mia").await;
    let before = site.database.password_hash("ann").await;
    *armed.lock().unwrap() = Some(site.database.clone());
    let path = format!("/user/update-password/{id}");
    let (reply, events) = added(&site.database, mia.put(&path, json!({ "password": "mine now" }))).await;
    assert!(armed.lock().unwrap().is_none(), "no randomness was drawn");
    assert_eq!(reply.status, 401, "{}", reply.text());
    assert_eq!(site.database.password_hash("ann").await, before);
    let [event] = &events[..] else { panic!("{events:?}") };
    let said = (event.event.as_str(), event.reason.as_str(), event.actor.as_str(), event.subject.as_str());
    assert_eq!(said, ("authn_password_change_fail", "authority_exceeded", "mia", "ann"));
}
