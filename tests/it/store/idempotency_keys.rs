//! The table `dw_idempotency_keys`: a key is used once, and removed only when it is old.

use doorward::{
    model::UnixMillis,
    store::{Tx, idempotency_keys},
};
use doorward_test_macros::async_test;

use crate::support::Site;

const KEY: [u8; 32] = [7; 32];

#[async_test]
async fn a_recent_key_is_neither_removed_nor_reused() {
    let site = Site::new().await;
    let insert = async |at: i64| {
        let done = site.app.db.write(async |mut tx: Tx| {
            let done = idempotency_keys::insert(&mut tx, &KEY, &[1; 32], b"made", UnixMillis(at)).await?;
            tx.commit(done).await
        });
        done.await.unwrap()
    };
    let forget = async |before: i64| {
        let done = site.app.db.write(async |mut tx: Tx| {
            let done = idempotency_keys::forget_if_used_before(&mut tx, &KEY, UnixMillis(before)).await?;
            tx.commit(done).await
        });
        done.await.unwrap()
    };
    assert!(insert(1000).await && !insert(1001).await);
    assert!(!forget(1000).await && !insert(1002).await);
    let used = idempotency_keys::find(&mut site.app.db.read().await.unwrap(), &KEY).await.unwrap().unwrap();
    assert_eq!((used.used_at, used.resource.as_slice()), (UnixMillis(1000), b"made".as_slice()));
    assert!(forget(1001).await && !forget(1001).await && insert(1003).await);
}
