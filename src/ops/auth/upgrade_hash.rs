//! Replaces a stored hash that is weaker than the current settings, after a login has provided the password.
//!
//! The login does not wait, and the upgrade uses spare capacity only. Invariant: a hash is replaced only if the login
//! was verified against it, so a concurrent change of the password is kept. The password is the same, so its version
//! and the sessions do not change.

use doorward_password::{HashPoolError, Password, Salt};

use crate::{
    Error, Result,
    app::{App, Upgrade},
    store::{
        Tx,
        credentials::{self, Credential},
    },
};

/// Queues the hash that a login was verified against, if it is weaker than the current settings.
pub(in crate::ops) fn offer(app: &App, credential: Credential, password: Password) {
    if credential.password_hash.as_deref().is_some_and(|hash| app.hasher.is_weaker(hash, &password)) {
        app.upgrades.offer(Upgrade { credential, password });
    }
}

/// Waits for the next queued hash and replaces it. The user's next login repeats an upgrade that failed.
///
/// # Errors
/// Returns an error if the database or the system fails.
pub async fn perform_next(app: &App) -> Result<u64> {
    match app.upgrades.next().await {
        Some(upgrade) => one(app, upgrade).await.map(|()| 1),
        None => Ok(0),
    }
}

/// Performs all queued upgrades. Returns their number.
///
/// # Errors
/// Returns an error if the database or the system fails.
pub async fn perform_pending(app: &App) -> Result<usize> {
    let mut tried = 0;
    while let Some(upgrade) = app.upgrades.next_if_any().await {
        one(app, upgrade).await?;
        tried += 1;
    }
    Ok(tried)
}

async fn one(app: &App, Upgrade { credential, password }: Upgrade) -> Result<()> {
    {
        // Only saves the work of a hash, for example after several logins. The statement below decides.
        let mut conn = app.db.read().await?;
        if !credentials::is_current(&mut conn, &credential).await? {
            return Ok(());
        }
    }
    let hash = match app.hasher.upgrade(password, Salt(app.rng.bytes()?)).await {
        Ok(hash) => hash,
        // Without spare capacity, the next login tries again.
        Err(HashPoolError::Overloaded(_)) => return Ok(()),
        Err(error @ HashPoolError::Failed) => return Err(Error::system("hashing", error)),
    };
    app.db
        .write(async |mut tx: Tx| {
            credentials::replace_hash(&mut tx, &credential, &hash).await?;
            tx.commit(()).await
        })
        .await
}
