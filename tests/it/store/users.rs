//! The table of users: values that no route shows.

use doorward_test_macros::async_test;
use serde_json::json;
use std::time::Duration;

use doorward::{
    model::{Name, UserId},
    ops::accounts::disable,
    store::{
        Tx,
        credentials::{self, Credential},
    },
};

use crate::support::{Site, site::password_of};

#[async_test]
async fn disabling_again_keeps_the_first_time() {
    const SINCE: &str = "SELECT disabled_at FROM dw_users WHERE name = 'ann'";
    let site = Site::new().await;
    let ann = UserId(site.create("ann", "user").await);
    let mut instants = Vec::new();
    for _ in 0..2 {
        let outcome = disable::disable_as_operator(&site.app, ann).await.unwrap();
        assert_eq!(outcome, Ok(0));
        instants.push(site.database.value(SINCE).await);
        site.advance(Duration::from_secs(60));
    }
    assert_eq!(instants[0], instants[1]);
    assert!(disable::enable_as_operator(&site.app, ann).await.unwrap());
    assert_eq!(site.database.value(SINCE).await, "NULL");
}

/// The statement itself decides whether a hash is replaced, whatever was read before.
#[async_test]
async fn a_hash_is_replaced_only_if_it_is_unchanged() {
    let site = Site::new().await;
    let ann = UserId(site.create("ann", "user").await);
    let read = async || {
        let mut conn = site.app.db.read().await.unwrap();
        credentials::by_key(&mut conn, Name::new("ann").unwrap().key()).await.unwrap().unwrap()
    };
    let replace = async |credential: &Credential, hash: &str| {
        let write = site.app.db.write(async |mut tx: Tx| {
            let replaced = credentials::replace_hash(&mut tx, credential, hash).await?;
            tx.commit(replaced).await
        });
        write.await.unwrap()
    };
    let first = read().await;
    assert!(replace(&first, "Upgraded").await);
    assert_eq!(site.database.password_hash("ann").await, "Upgraded");
    assert!(!replace(&first, "upgraded twice").await, "it was replaced already");
    // The comparison is exact, because case matters in bcrypt's and base64's letters.
    let other_case = Credential { password_hash: Some("upgraded".to_owned()), ..read().await };
    assert!(!replace(&other_case, "by another case").await);
    // The same hash with another version: the password was changed and changed back.
    let before = read().await;
    site.database.raise_password_version("ann").await;
    assert!(!replace(&before, "of a password that was changed").await);
    let unknown = Credential { user_id: UserId(ann.0 + 1), ..read().await };
    assert!(!replace(&unknown, "of an unknown user").await);
    assert_eq!(site.database.password_hash("ann").await, "Upgraded");
    assert_eq!(read().await.password_version, before.password_version + 1);
}

/// A user has at most one password, and nothing of it outlives the user.
#[async_test]
async fn a_user_has_one_password_which_is_deleted_with_the_user() {
    let site = Site::new().await;
    let ann = UserId(site.create("ann", "user").await);
    let second = site.app.db.write(async |mut tx: Tx| {
        credentials::insert_password(&mut tx, ann, "a second one", site.app.clock.now()).await?;
        tx.commit(()).await
    });
    assert!(second.await.is_err());
    let mut root = site.admin("root").await;
    root.delete(&format!("/api/v1/users/{}", site.uid_of("ann").await)).await.assert_status(204);
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_credentials").await, "1", "only that of root is left");
}

/// A session records how its user was authenticated, in the words of RFC 8176.
#[async_test]
async fn a_session_records_its_methods_and_level() {
    let site = Site::new().await;
    site.user("ann").await;
    assert_eq!(site.database.rows("SELECT methods, level FROM dw_sessions").await, [["pwd", "1"].map(str::to_owned)]);
}

/// A user without a password is refused as for a wrong one, and gets a password as any user does.
#[async_test]
async fn a_user_without_a_password_cannot_log_in_by_password_until_one_is_set() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    site.create("ann", "user").await;
    site.database.remove_password("ann").await;
    let hashes = || site.app.hasher.state().counts.done;
    let before = hashes();
    let reply = site.anon().log_in("ann", &password_of("ann")).await;
    assert_eq!(reply.status, 401);
    assert_eq!(hashes() - before, 1, "one decoy is verified");
    let event = site.event_of(&reply).await.unwrap();
    assert_eq!(event, ["authn_login_fail", "refused", "wrong_password"].map(str::to_owned));
    let path = format!("/api/v1/users/{}/password", site.uid_of("ann").await);
    root.put(&path, json!({ "new_password": "another password" })).await.assert_status(200);
    assert_eq!(site.anon().log_in("ann", "another password").await.status, 200);
    assert_eq!(site.database.password_version("ann").await, "1");
}
