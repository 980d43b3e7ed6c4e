//! The table of users: values that no route shows.

use doorward_test_macros::async_test;
use std::time::Duration;

use doorward::{
    model::{Name, UserId},
    ops::accounts::disable,
    store::{
        Tx,
        credentials::{self, Credential},
    },
};

use crate::support::Site;

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
    const HASH: &str = "SELECT password_hash FROM dw_users WHERE name = 'ann'";
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
    assert_eq!(site.database.value(HASH).await, "Upgraded");
    assert!(!replace(&first, "upgraded twice").await, "it was replaced already");
    // The comparison is exact, because case matters in bcrypt's and base64's letters.
    let other_case = Credential { password_hash: "upgraded".to_owned(), ..read().await };
    assert!(!replace(&other_case, "by another case").await);
    // The same hash with another version: the password was changed and changed back.
    let before = read().await;
    site.database.execute("UPDATE dw_users SET password_version = password_version + 1").await;
    assert!(!replace(&before, "of a password that was changed").await);
    let unknown = Credential { user_id: UserId(ann.0 + 1), ..read().await };
    assert!(!replace(&unknown, "of an unknown user").await);
    assert_eq!(site.database.value(HASH).await, "Upgraded");
    assert_eq!(read().await.password_version, before.password_version + 1);
}
