//! Conflicts between transactions: the whole transaction is retried three times, and then the answer is 503, never 500.

use doorward_test_macros::async_test;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use doorward::{Error, store::Tx};
use mysql_async::prelude::Queryable;
use tokio::sync::Barrier;

use crate::support::{Database, Site, site::password_of};

/// The number of guards that a test has added.
const MARKS: &str = "SELECT COUNT(*) - 1 FROM dw_guards";

async fn mark(tx: &mut Tx, name: &'static [u8]) -> doorward::Result<u64> {
    tx.execute("INSERT INTO dw_guards (name, passed) VALUES (?, 0)", &[name.into()]).await
}

/// J10
#[async_test]
async fn a_conflict_retries_the_whole_transaction() {
    let site = Site::new().await;
    let tries = AtomicU32::new(0);
    let done = site.app.db.write(async |mut tx: Tx| {
        mark(&mut tx, b"left").await?;
        match tries.fetch_add(1, Ordering::Relaxed) {
            0..3 => Err(Error::Conflict("a test's".to_owned())),
            third => tx.commit(third).await,
        }
    });
    assert_eq!(done.await.unwrap(), 3);
    assert_eq!(site.database.value(MARKS).await, "1");
}

/// J10
#[async_test]
async fn a_persistent_conflict_fails_after_three_retries() {
    let site = Site::new().await;
    let tries = AtomicU32::new(0);
    let failed: doorward::Result<()> = site
        .app
        .db
        .write(async |mut tx: Tx| {
            mark(&mut tx, b"left").await?;
            tries.fetch_add(1, Ordering::Relaxed);
            Err(Error::Conflict("a test's".to_owned()))
        })
        .await;
    assert!(matches!(failed, Err(Error::Conflict(_))));
    assert_eq!(tries.load(Ordering::Relaxed), 4);
    assert_eq!(site.database.value(MARKS).await, "0");
}

/// If the database fails in a retry, the error is the conflict, unless the transaction may have been committed.
#[async_test]
async fn a_conflict_followed_by_no_database_is_a_conflict_until_the_commit() {
    for is_done in [false, true] {
        let site = Site::new().await;
        let tries = AtomicU32::new(0);
        let failed: doorward::Result<()> = site
            .app
            .db
            .write(async |mut tx: Tx| {
                mark(&mut tx, b"left").await?;
                if tries.fetch_add(1, Ordering::Relaxed) == 0 {
                    return Err(Error::Conflict("a test's".to_owned()));
                }
                if is_done {
                    let _ended = tx.commit(()).await?;
                }
                Err(Error::Unavailable("a test's".to_owned()))
            })
            .await;
        let is_ambiguous = matches!(failed, Err(Error::Unavailable(_)));
        assert!(is_ambiguous == is_done && (is_ambiguous || matches!(failed, Err(Error::Conflict(_)))), "{failed:?}");
        assert_eq!(
            (tries.load(Ordering::Relaxed), site.database.value(MARKS).await),
            (2, u8::from(is_done).to_string())
        );
    }
}

#[async_test]
async fn other_errors_are_not_retried_and_leave_nothing() {
    let site = Site::new().await;
    let tries = AtomicU32::new(0);
    let failed: doorward::Result<()> = site
        .app
        .db
        .write(async |mut tx: Tx| {
            mark(&mut tx, b"left").await?;
            tries.fetch_add(1, Ordering::Relaxed);
            Err(Error::Corrupt("a test's"))
        })
        .await;
    assert!(matches!(failed, Err(Error::Corrupt(_))));
    assert_eq!(tries.load(Ordering::Relaxed), 1);
    let done = site.app.db.write(async |mut tx: Tx| {
        mark(&mut tx, b"right").await?;
        tx.commit(()).await
    });
    done.await.unwrap();
    assert_eq!(site.database.value(MARKS).await, "1");
}

/// J10: MySQL's 1213.
#[async_test]
async fn both_sides_of_a_deadlock_succeed() {
    let site = Site::new().await;
    if site.database.is_sqlite() {
        // SQLite has one writer at a time, so there are no deadlocks.
        return;
    }
    let (ann, bob) = (site.create("ann", "user").await, site.create("bob", "user").await);
    let both_hold_one = Arc::new(Barrier::new(2));
    let tries = Arc::new(AtomicU32::new(0));
    let cross = |first: i64, second: i64| {
        let (app, barrier, tries) = (Arc::clone(&site.app), Arc::clone(&both_hold_one), Arc::clone(&tries));
        tokio::spawn(async move {
            let own_tries = AtomicU32::new(0);
            app.db
                .write(async |mut tx: Tx| {
                    let lock = "UPDATE dw_users SET last_login_at = 1 WHERE id = ?";
                    tx.execute(lock, &[first.into()]).await?;
                    tries.fetch_add(1, Ordering::Relaxed);
                    if own_tries.fetch_add(1, Ordering::Relaxed) == 0 {
                        barrier.wait().await;
                    }
                    tx.execute(lock, &[second.into()]).await?;
                    tx.commit(()).await
                })
                .await
        })
    };
    let (one, other) = (cross(ann, bob), cross(bob, ann));
    one.await.unwrap().unwrap();
    other.await.unwrap().unwrap();
    assert!(tries.load(Ordering::Relaxed) >= 3, "there was no deadlock");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users WHERE last_login_at = 1").await, "2");
}

/// A lock outside Doorward on the rows that a login must write.
enum ForeignLock {
    Sqlite(rusqlite::Connection),
    MySql(Box<mysql_async::Conn>),
}

impl ForeignLock {
    async fn take(database: &Database) -> Self {
        match database.url.strip_prefix("sqlite:") {
            Some(path) => {
                let connection = rusqlite::Connection::open(path).unwrap();
                connection.execute_batch("BEGIN IMMEDIATE").unwrap();
                Self::Sqlite(connection)
            }
            None => {
                let mut connection = mysql_async::Conn::from_url(&database.url).await.unwrap();
                connection.query_drop("START TRANSACTION").await.unwrap();
                connection.query_drop("UPDATE dw_users SET last_login_at = 1").await.unwrap();
                Self::MySql(Box::new(connection))
            }
        }
    }

    async fn release(self) {
        match self {
            Self::Sqlite(connection) => connection.execute_batch("ROLLBACK").unwrap(),
            Self::MySql(mut connection) => {
                connection.query_drop("ROLLBACK").await.unwrap();
                connection.disconnect().await.unwrap();
            }
        }
    }
}

/// J10: SQLITE_BUSY and MySQL's 1205.
#[async_test]
async fn a_held_lock_causes_503_until_it_is_released() {
    for timeout in ["1500ms", "10s"] {
        let site = Site::builder().set("database.timeout", timeout).start().await;
        site.create("ann", "user").await;
        let lock = ForeignLock::take(&site.database).await;
        let reply = site.anon().log_in("ann", &password_of("ann")).await;
        reply.assert_json(503, serde_json::json!({ "error": "The service is busy" }));
        assert!(reply.headers.contains_key("retry-after"));
        // Reading still works.
        site.anon().get("/readyz").await.assert_json(200, serde_json::json!({ "status": "ready" }));
        lock.release().await;
        site.log_in("ann").await;
        assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "1");
    }
}
