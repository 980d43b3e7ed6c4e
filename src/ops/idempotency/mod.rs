//! Repeatable creates: the client's key identifies the resource that the first request created
//! (draft-ietf-httpapi-idempotency-key-header-07).
//!
//! Invariants: the key and its resource are written in one transaction. Neither the plaintext key nor a value derived
//! from a password is stored.

pub mod replay;

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::{
    Result,
    app::App,
    model::{UnixMillis, UserId},
    store::{Conn, Tx, idempotency_keys},
};

/// The time for which a key is remembered.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// The number of keys that one transaction removes.
const BATCH: u32 = 500;

/// A key of one client for one kind of create, with the content of its request.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key_hash: [u8; 32],
    request_hash: [u8; 32],
}

/// The earlier use of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Earlier {
    Nothing,
    /// The same request created this resource: a user's uid, or a role's id.
    Made(Vec<u8>),
    /// Another request used the key.
    Another,
}

impl IdempotencyKey {
    /// Creates the key of a client (`None` before a login) for a create of this `kind`. `request` is the content of the
    /// request without its passwords, because a hash as fast as this one would reveal them.
    #[must_use]
    pub fn new(client: Option<UserId>, kind: &str, key: &str, request: &str) -> Self {
        let client = client.map_or(0, |client| client.0);
        let hash = |parts: [&[u8]; 3]| {
            let mut hash = Sha256::new();
            for part in parts {
                hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                hash.update(part);
            }
            hash.finalize().into()
        };
        Self {
            key_hash: hash([&client.to_be_bytes(), kind.as_bytes(), key.as_bytes()]),
            request_hash: hash([kind.as_bytes(), request.as_bytes(), b""]),
        }
    }
}

/// Looks up the earlier use of `key`.
pub(super) async fn look(app: &App, conn: &mut Conn, key: Option<&IdempotencyKey>) -> Result<Earlier> {
    let Some(key) = key else { return Ok(Earlier::Nothing) };
    let since = app.clock.now().minus(REMEMBERED);
    Ok(match idempotency_keys::find(conn, &key.key_hash).await? {
        // The key has expired, and is not removed yet.
        Some(used) if used.used_at < since => Earlier::Nothing,
        Some(used) if used.request_hash == key.request_hash => Earlier::Made(used.resource),
        Some(_) => Earlier::Another,
        None => Earlier::Nothing,
    })
}

/// Records the resource of `key`. Returns false if another request used the key meanwhile.
pub(super) async fn note(tx: &mut Tx, key: Option<&IdempotencyKey>, resource: &[u8], now: UnixMillis) -> Result<bool> {
    let Some(key) = key else { return Ok(true) };
    idempotency_keys::forget_if_used_before(tx, &key.key_hash, now.minus(REMEMBERED)).await?;
    idempotency_keys::insert(tx, &key.key_hash, &key.request_hash, resource, now).await
}

/// Removes keys that are older than a day, in small transactions. Returns the number of removed keys.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn forget(app: &App) -> Result<u64> {
    let limit = app.clock.now().minus(REMEMBERED);
    let mut forgotten = 0;
    loop {
        let batch = {
            let mut conn = app.db.read().await?;
            idempotency_keys::used_before(&mut conn, limit, BATCH).await?
        };
        if batch.is_empty() {
            return Ok(forgotten);
        }
        forgotten += app
            .db
            .write(async |mut tx: Tx| {
                let mut deleted = 0;
                for key in &batch {
                    deleted += u64::from(idempotency_keys::forget_if_used_before(&mut tx, key, limit).await?);
                }
                tx.commit(deleted).await
            })
            .await?;
    }
}
