//! Tests a password: the one place that does, for logins and for whoever confirms that it is them.
//!
//! Unknown name, wrong password and disabled account take the same time and the same way, so that nothing tells them
//! apart; the true reason of a refusal goes into the audit trail alone.

use doorward_password::{LaneError, Password, Salt, Verdict, nfc};

use super::{
    adopt::{
        OldCredential,
        link::{self, Account},
    },
    audit::{By, Entry, record_refusal},
    hash_password::{Overloaded, overloaded},
};
use crate::{
    Result,
    app::App,
    model::{Actor, Event, FingerprintKey, NameKey, PasswordPolicy, Reason, SecretKey, UserId},
    store::credentials,
};

/// A name and a password, as somebody presents them.
pub(super) struct Presented<'a> {
    /// The name as it was typed, and its key.
    pub typed: &'a str,
    pub name: &'a NameKey,
    pub password: &'a Password,
    /// Whose it must be, where that is known: another account of the name counts as none.
    pub of: Option<UserId>,
}

/// What a test came to.
pub(super) enum Checked {
    /// The password is right, and fits this hash.
    Right(Box<Account>, String),
    /// It is not, which has been written down.
    Wrong,
    Overloaded(Overloaded),
}

/// Tests a password; a wrong one is written down as `event`.
pub(super) async fn check(app: &App, by: &By, presented: &Presented<'_>, event: Event) -> Result<Checked> {
    if !PasswordPolicy::could_be_set(presented.password) {
        return match by.actor {
            // Not written down: it costs the sender nothing, and would cost a transaction.
            Actor::Anonymous => Ok(Checked::Wrong),
            _ => refuse(app, by, event, &Account::Nobody, (Reason::WrongPassword, presented)).await,
        };
    }
    if let Some(full) = app.hasher.is_full() {
        return overloaded(LaneError::Overloaded(full)).map(Checked::Overloaded);
    }
    let account = find(app, presented).await?;
    let hash = match verify(app, &account, presented.password).await? {
        Verified::Fits(hash) => hash,
        Verified::Differs(reason) => return refuse(app, by, event, &account, (reason, presented)).await,
        Verified::Overloaded(full) => return Ok(Checked::Overloaded(full)),
    };
    if let (Account::There(there), Some(old)) = (&account, &app.old)
        && !there.is_first(app, old).await?
    {
        tracing::warn!(old_id = there.candidate.old_id.0, "a login by a name that is also that of an earlier row");
        return refuse(app, by, event, &account, (Reason::NotAdoptable, presented)).await;
    }
    Ok(Checked::Right(Box::new(account), hash))
}

/// Whether `password` is the one that this user has: asked of a new password, which must be another than the one that has
/// to be changed. It proves nothing about who asks, so it is not written down.
pub(super) async fn is_password_of(
    app: &App,
    (user, name): (UserId, &str),
    password: &Password,
) -> Result<std::result::Result<bool, Overloaded>> {
    let Ok(name) = NameKey::to_find(name) else { return Ok(Ok(false)) };
    if !PasswordPolicy::could_be_set(password) {
        return Ok(Ok(false));
    }
    let credential = credentials::by_key(&mut app.db.read().await?, &name).await?;
    let Some(credential) = credential.filter(|credential| credential.user_id == user) else { return Ok(Ok(false)) };
    match app.hasher.verify(Some(credential.password_hash.as_str()), password.clone()).await {
        Ok(verdict) => Ok(Ok(matches!(verdict, Verdict::Fits))),
        Err(error) => overloaded(error).map(Err),
    }
}

/// Writes the refusal down. Whoever is known here, and may not log in by what is known, is named.
async fn refuse(
    app: &App,
    by: &By,
    event: Event,
    account: &Account,
    (reason, presented): (Reason, &Presented<'_>),
) -> Result<Checked> {
    // Asked for every account, so that this takes no other time for those that there are.
    let known = credentials::by_key(&mut app.db.read().await?, presented.name).await?;
    let (reason, party) = match (account.party(), known) {
        (Some(party), _) => (reason, Some(party.clone())),
        (None, Some(known)) if presented.of == Some(known.user_id) => (reason, Some(known.party)),
        (None, Some(known)) if reason == Reason::UnknownName => (Reason::ChangedInOldApplication, Some(known.party)),
        (None, _) => (reason, None),
    };
    let mut entry = Entry::refused(event, reason);
    if let Some(party) = party {
        entry = entry.on(party);
    }
    record_refusal(app, by, entry).await?;
    Ok(Checked::Wrong)
}

async fn find(app: &App, presented: &Presented<'_>) -> Result<Account> {
    let mut conn = app.db.read().await?;
    let Some(old) = &app.old else {
        let known = credentials::by_key_alone(&mut conn, presented.name).await?;
        let known = known.filter(|known| presented.of.is_none_or(|user| user == known.user_id));
        return Ok(known.map_or(Account::Nobody, Account::Here));
    };
    let known = credentials::by_key(&mut conn, presented.name).await?;
    if let (Some(user), Some(known)) = (presented.of, &known)
        && user != known.user_id
    {
        return Ok(Account::Nobody);
    }
    // No connection is held while the other database is asked.
    drop(conn);
    link::look(app, old, (presented.typed, presented.name), known).await
}

enum Verified {
    /// The password is right; this is the hash that it fits.
    Fits(String),
    Differs(Reason),
    Overloaded(Overloaded),
}

/// Verifies the password at the cost of one hash, whatever the account.
async fn verify(app: &App, account: &Account, password: &Password) -> Result<Verified> {
    let stored = match account {
        Account::Nobody => None,
        Account::Here(credential) => Some(credential.password_hash.as_str()),
        Account::Changed(changed) => match &changed.stored {
            OldCredential::Hash(hash) => Some(hash.as_str()),
            OldCredential::PlainText(stored) => return compare_plain_text(app, stored, password).await,
        },
        Account::There(there) => match &there.candidate.credential {
            OldCredential::Hash(hash) => Some(hash.as_str()),
            OldCredential::PlainText(stored) => return compare_plain_text(app, stored, password).await,
        },
    };
    match app.hasher.verify(stored, password.clone()).await {
        Ok(Verdict::Fits) => Ok(Verified::Fits(stored.unwrap_or_default().to_owned())),
        Ok(Verdict::Differs) if stored.is_none() => Ok(Verified::Differs(Reason::UnknownName)),
        Ok(Verdict::Differs) => Ok(Verified::Differs(Reason::WrongPassword)),
        Ok(Verdict::Unreadable(why)) => {
            if let Account::Here(credential) = account {
                tracing::error!(user_id = credential.user_id.0, %why, "a stored password hash cannot be checked");
            }
            Ok(Verified::Differs(Reason::UnreadableHash))
        }
        Err(error) => overloaded(error).map(Verified::Overloaded),
    }
}

/// Compares with a password that the old table holds in clear, and hashes what was typed: the comparison is one of
/// fingerprints under a key made for it, so that its time tells nothing of either.
async fn compare_plain_text(app: &App, stored: &Password, password: &Password) -> Result<Verified> {
    let hash = match app.hasher.hash(password.clone(), Salt(app.rng.bytes()?)).await {
        Ok(hash) => hash,
        Err(error) => return overloaded(error).map(Verified::Overloaded),
    };
    let key = FingerprintKey::new(SecretKey::new(app.rng.bytes()?));
    let is_right = key.fingerprint(&nfc(stored.reveal())) == key.fingerprint(&nfc(password.reveal()));
    Ok(if is_right { Verified::Fits(hash) } else { Verified::Differs(Reason::WrongPassword) })
}
