//! Replaces a stored hash that is weaker than today's settings, after a login that has shown the password.
//!
//! The login does not wait for it, and it uses spare capacity only. Invariant: the hash is replaced only while it is
//! still the one that the login was checked against, so that a password changed meanwhile stays changed; it is the same
//! password as before, so neither its version nor any session is touched.

use doorward_password::{HashPoolError, Password, Salt};

use crate::{
    Error, Result,
    app::{App, Upgrade},
    store::{
        Tx,
        credentials::{self, Credential},
    },
};

/// Notes the hash that a login was just checked against, if it is weaker than what would be made of this password today.
pub(in crate::ops) fn offer(app: &App, credential: Credential, password: Password) {
    if app.hasher.is_weaker(&credential.password_hash, &password) {
        app.upgrades.offer(Upgrade { credential, password });
    }
}

/// Replaces hashes as logins note them, one after another, for as long as it is polled.
pub async fn run(app: &App) {
    let mut logged = String::new();
    while let Some(upgrade) = app.upgrades.next().await {
        match one(app, upgrade).await {
            Ok(()) => logged.clear(),
            // The next login brings it again; a database that is away would fill the log.
            Err(error) if error.to_string() == logged => {}
            Err(error) => {
                logged = error.to_string();
                tracing::warn!(%error, "a password hash could not be upgraded; the user's next login tries again");
            }
        }
    }
}

/// Replaces what has been noted so far, and tells how many hashes it tried to.
///
/// # Errors
/// The database's, or the machine's.
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
        // Only spares the work of a hash, as when somebody logs in many times over; the statement below decides.
        let mut conn = app.db.read().await?;
        if !credentials::is_current(&mut conn, &credential).await? {
            return Ok(());
        }
    }
    let hash = match app.hasher.upgrade(password, Salt(app.rng.bytes()?)).await {
        Ok(hash) => hash,
        // There was no spare capacity: the next login tries again.
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
