//! Logs a user in: checks the password and starts a session.
//!
//! This is the one place that tests a password. Unknown name, wrong password and disabled account take the same time and
//! the same way, so that nothing tells them apart. Invariant: a session starts only if, at that moment, the account is
//! open and its password is still the one that was checked.

use doorward_password::{LaneError, Password, Salt, Verdict, nfc};

use super::{
    adopt::{
        LeftBehind, OldCredential,
        link::{self, Account},
    },
    hash_password::{Overloaded, overloaded},
    upgrade_hash,
};
use crate::{
    Error, Result,
    app::App,
    model::{NameKey, PasswordPolicy, PlainToken, Session, TokenHash, Uid},
    store::{
        Tx, sessions,
        users::{self, Credential},
    },
};

/// How often a login looks again when another has adopted the same user, or taken over the same change, meanwhile.
const TRIES: usize = 3;

/// A try to log in.
pub struct Attempt {
    /// The name as it was typed, and its key.
    pub typed: String,
    pub name: NameKey,
    pub password: Password,
    /// The token of the session that the client has, if it has one: a login ends it (ASVS 7.2.4).
    pub replaces: Option<TokenHash>,
}

/// What a try came to.
#[derive(Debug)]
pub enum LogIn {
    Done(PlainToken),
    /// Unknown name, wrong password or disabled account.
    Refused,
    Overloaded(Overloaded),
}

/// Checks a name and a password, and starts a session if they are right.
///
/// # Errors
/// The databases', or the machine's.
pub async fn with_password(app: &App, attempt: Attempt) -> Result<LogIn> {
    if !PasswordPolicy::could_be_set(&attempt.password) {
        return Ok(LogIn::Refused);
    }
    if let Some(full) = app.hasher.is_full() {
        return overloaded(LaneError::Overloaded(full)).map(LogIn::Overloaded);
    }
    for _ in 0..TRIES {
        let account = find(app, &attempt).await?;
        let password_hash = match check(app, &account, &attempt.password).await? {
            Checked::Fits(password_hash) => password_hash,
            Checked::Differs => return Ok(LogIn::Refused),
            Checked::Overloaded(full) => return Ok(LogIn::Overloaded(full)),
        };
        if let (Account::There(there), Some(old)) = (&account, &app.old)
            && !there.is_first(app, old).await?
        {
            tracing::warn!(old_id = there.candidate.old_id.0, "a login by a name that is also that of an earlier row");
            return Ok(LogIn::Refused);
        }
        match start_session(app, &account, &password_hash, attempt.replaces.as_ref()).await? {
            Started::Done(token, credential) => {
                upgrade_hash::offer(app, credential, attempt.password);
                return Ok(LogIn::Done(token));
            }
            Started::Refused => return Ok(LogIn::Refused),
            Started::Overtaken(None) => {}
            Started::Overtaken(Some(why)) => tracing::warn!(%why, "a user of the old table could not be adopted"),
        }
    }
    Ok(LogIn::Refused)
}

async fn find(app: &App, attempt: &Attempt) -> Result<Account> {
    let mut conn = app.db.read().await?;
    let Some(old) = &app.old else {
        let known = users::credential_by_itself(&mut conn, &attempt.name).await?;
        return Ok(known.map_or(Account::Nobody, Account::Here));
    };
    let known = users::credential(&mut conn, &attempt.name).await?;
    // No connection is held while the other database is asked.
    drop(conn);
    link::look(app, old, (&attempt.typed, &attempt.name), known).await
}

enum Checked {
    /// The password is right; this is the hash that it fits.
    Fits(String),
    Differs,
    Overloaded(Overloaded),
}

/// Checks the password at the cost of one hash, whatever the account.
async fn check(app: &App, account: &Account, password: &Password) -> Result<Checked> {
    let stored = match account {
        Account::Nobody => None,
        Account::Here(credential) => Some(credential.password_hash.as_str()),
        Account::Changed(changed) => match &changed.stored {
            OldCredential::Hash(hash) => Some(hash.as_str()),
            OldCredential::PlainText(stored) => return check_plain_text(app, stored, password).await,
        },
        Account::There(there) => match &there.candidate.credential {
            OldCredential::Hash(hash) => Some(hash.as_str()),
            OldCredential::PlainText(stored) => return check_plain_text(app, stored, password).await,
        },
    };
    match app.hasher.verify(stored, password.clone()).await {
        Ok(Verdict::Fits) => Ok(Checked::Fits(stored.unwrap_or_default().to_owned())),
        Ok(Verdict::Differs) => Ok(Checked::Differs),
        Ok(Verdict::Unreadable(why)) => {
            if let Account::Here(credential) = account {
                tracing::error!(user_id = credential.user_id.0, %why, "a stored password hash cannot be checked");
            }
            Ok(Checked::Differs)
        }
        Err(error) => overloaded(error).map(Checked::Overloaded),
    }
}

/// Compares with a password that the old table holds in clear, and hashes what was typed: the comparison is one of
/// fingerprints under a key made for it, so that its time tells nothing of either.
async fn check_plain_text(app: &App, stored: &Password, password: &Password) -> Result<Checked> {
    let hash = match app.hasher.hash(password.clone(), Salt(app.rng.bytes()?)).await {
        Ok(hash) => hash,
        Err(error) => return overloaded(error).map(Checked::Overloaded),
    };
    let key = crate::model::FingerprintKey::new(app.rng.bytes()?);
    let is_right = key.fingerprint(&nfc(stored.reveal())) == key.fingerprint(&nfc(password.reveal()));
    Ok(if is_right { Checked::Fits(hash) } else { Checked::Differs })
}

/// What became of a login whose password was right.
enum Started {
    Done(PlainToken, Credential),
    Refused,
    /// Something else has happened to the account since it was looked at: what was in the way, if that is known.
    Overtaken(Option<LeftBehind>),
}

async fn start_session(
    app: &App,
    account: &Account,
    password_hash: &str,
    replaces: Option<&TokenHash>,
) -> Result<Started> {
    let now = app.clock.now();
    let (session_uid, user_uid) = (Uid::new(now, &app.rng)?, Uid::new(now, &app.rng)?);
    let token = PlainToken::new(&app.rng)?;
    let hash = token.hash();
    let started = app
        .db
        .write(async |mut tx: Tx| {
            let credential = match account {
                Account::Nobody => return Err(Error::Corrupt("a password that fits nobody")),
                Account::Here(credential) => credential.clone(),
                Account::There(there) => match there.adopt(&mut tx, user_uid, password_hash, now).await? {
                    Ok(credential) => credential,
                    Err(why) => return tx.roll_back(Err(Some(why))).await,
                },
                Account::Changed(changed) => match changed.take_over(&mut tx, password_hash).await? {
                    Some(credential) => credential,
                    None => return tx.roll_back(Err(None)).await,
                },
            };
            if !users::record_login(&mut tx, &credential, now).await? {
                return tx.roll_back(Ok(None)).await;
            }
            if let Some(old) = replaces {
                sessions::end_by_token(&mut tx, old).await?;
            }
            let user_id = credential.user_id;
            let session = Session { uid: session_uid, user_id, created_at: now, last_used_at: now };
            sessions::insert(&mut tx, &hash, &session).await?;
            tx.commit(Ok(Some(credential))).await
        })
        .await?;
    Ok(match started {
        Ok(Some(credential)) => Started::Done(token, credential),
        Ok(None) => Started::Refused,
        Err(why) => Started::Overtaken(why),
    })
}
