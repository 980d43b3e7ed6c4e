//! Creates that may be sent twice: a key that the client gives stands for what it made the first time.
//!
//! As the IETF's draft on `Idempotency-Key` has it (draft-ietf-httpapi-idempotency-key-header-07). Invariant: the key and
//! what it made are written in one transaction; neither the key in clear nor anything of a password is kept.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::{
    Result,
    app::App,
    model::{UnixMillis, UserId},
    store::{Conn, Tx, idempotency_keys},
};

/// How long a key is remembered.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// Keys that are forgotten in one transaction.
const BATCH: u32 = 500;

/// A key, of one client and for one kind of create, with what its request asks for.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key_hash: [u8; 32],
    request_hash: [u8; 32],
}

/// What a key was used for before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Earlier {
    Nothing,
    /// This request made this: a user's uid, or a role's number.
    Made(Vec<u8>),
    /// Another request.
    Another,
}

impl IdempotencyKey {
    /// The key that `client` (nobody, before a login) gave for a create of this `kind`. `request` is what the request asks
    /// for, without its passwords: a hash of those that is as fast as this one would give them away.
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

/// What `key` was used for before now.
pub(super) async fn look(app: &App, conn: &mut Conn, key: Option<&IdempotencyKey>) -> Result<Earlier> {
    let Some(key) = key else { return Ok(Earlier::Nothing) };
    let since = app.clock.now().minus(REMEMBERED);
    Ok(match idempotency_keys::find(conn, &key.key_hash).await? {
        // It is about to be forgotten, and counts as if it were.
        Some(used) if used.used_at < since => Earlier::Nothing,
        Some(used) if used.request_hash == key.request_hash => Earlier::Made(used.resource),
        Some(_) => Earlier::Another,
        None => Earlier::Nothing,
    })
}

/// Writes down what `key` made; false when the key was used meanwhile.
pub(super) async fn note(tx: &mut Tx, key: Option<&IdempotencyKey>, resource: &[u8], now: UnixMillis) -> Result<bool> {
    let Some(key) = key else { return Ok(true) };
    idempotency_keys::forget_if_used_before(tx, &key.key_hash, now.minus(REMEMBERED)).await?;
    idempotency_keys::insert(tx, &key.key_hash, &key.request_hash, resource, now).await
}

/// Forgets keys that are older than a day, in small transactions, and tells how many.
///
/// # Errors
/// The database's.
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
