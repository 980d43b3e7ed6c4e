//! The living link, as a login sees it: while the old application still runs, its table has a say in who may log in.
//!
//! A name that is unknown here is looked up there; a password that was changed there since wins; a user who was deleted
//! there can no longer log in by the password of there. Invariant: every login looks into both databases, so that the
//! time it takes does not tell in which of them a name is, and when the old one does not answer, nobody is let in.

use super::{Candidate, LeftBehind, LegacyCredential, Old, candidate::Adopted};
use crate::{
    Result,
    app::{App, LegacyApplication},
    model::{
        Event, Fingerprint, LegacyUser, LegacyValue, Name, NameKey, Party, Reason, RoleId, Uid, UnixMillis, UserId,
    },
    ops::{
        administrators,
        audit::{AuditContext, Entry, record},
    },
    store::{
        Tx,
        adoptions::{self, Adoption},
        credentials::{self, Credential},
        legacy_users, session_ends,
    },
};

/// Whose password a login is checked against.
pub(in crate::ops) enum Account {
    /// Nobody who may log in has this name.
    Nobody,
    /// The password here is in force.
    Here(Credential),
    /// The password was changed in the old table since.
    Changed(Changed),
    /// The user is in the old table only.
    There(There),
}

impl Account {
    /// Whose it is, as far as they are known here.
    pub(in crate::ops) fn party(&self) -> Option<&Party> {
        match self {
            Self::Here(credential) => Some(&credential.party),
            Self::Changed(changed) => Some(&changed.credential.party),
            Self::Nobody | Self::There(_) => None,
        }
    }

    /// Its number, as far as it is known here.
    pub(in crate::ops) fn user_id(&self) -> Option<UserId> {
        match self {
            Self::Here(credential) => Some(credential.user_id),
            Self::Changed(changed) => Some(changed.credential.user_id),
            Self::Nobody | Self::There(_) => None,
        }
    }
}

pub(in crate::ops) struct Changed {
    pub(in crate::ops) credential: Credential,
    pub(in crate::ops) stored: LegacyCredential,
    adoption: Adoption,
    fingerprint: Fingerprint,
}

pub(in crate::ops) struct There {
    pub(in crate::ops) candidate: Candidate,
    role_id: RoleId,
    fingerprint: Fingerprint,
}

/// Looks up whose password is in force for the name that was `typed`, which folds to `key` and is known here by `known`.
pub(in crate::ops) async fn look(
    app: &App,
    application: &LegacyApplication,
    (typed, key): (&str, &NameKey),
    known: Option<Credential>,
) -> Result<Account> {
    let old = super::open(app, application).await?;
    let rows = namesakes(app, &old, typed, key).await?;
    match known {
        None => look_there(app, &old, key, rows).await,
        Some(credential) => look_here(app, &old, key, rows, credential.user_id).await,
    }
}

/// The rows of the old table whose name folds to `key`, the lowest number first; without those whose number cannot be read,
/// by which nobody can be adopted.
pub(super) async fn namesakes(app: &App, old: &Old<'_>, typed: &str, key: &NameKey) -> Result<Vec<LegacyUser>> {
    let mut conn = old.application.db(&app.db).read().await?;
    let rows = legacy_users::by_names(&mut conn, old.table, &spellings(typed, key)).await?;
    Ok(rows.into_iter().flatten().filter(|row| is_called(row, key)).collect())
}

/// The same however the old database compares names, and with `None` for a row whose number cannot be read.
async fn all_of_name(app: &App, old: &Old<'_>, typed: &str, key: &NameKey) -> Result<Vec<Option<LegacyUser>>> {
    let mut conn = old.application.db(&app.db).read().await?;
    let mut rows = match old.table.compares_exactly {
        false => legacy_users::by_names(&mut conn, old.table, &spellings(typed, key)).await?,
        true => legacy_users::by_folded_name(&mut conn, old.table, [typed.trim(), key.as_text()]).await?,
    };
    rows.retain(|row| row.as_ref().is_none_or(|row| is_called(row, key)));
    Ok(rows)
}

/// Whether somebody has this name there.
pub(super) async fn is_taken_there(app: &App, old: &Old<'_>, name: &Name) -> Result<bool> {
    Ok(!all_of_name(app, old, name.as_typed(), name.key()).await?.is_empty())
}

/// How the name may be spelled there. A collation that folds case needs one spelling; where names are compared byte by
/// byte, whoever is spelled otherwise is found once `adopt run` has brought them here.
fn spellings(typed: &str, key: &NameKey) -> [String; crate::store::legacy_table::SPELLINGS] {
    let lower = key.as_text();
    let mut letters = lower.chars();
    let capital = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    [typed.to_owned(), typed.trim().to_owned(), lower.to_owned(), lower.to_uppercase(), capital]
}

pub(super) fn is_called(row: &LegacyUser, key: &NameKey) -> bool {
    matches!(&row.name, LegacyValue::Text(name) if Name::adopted(name).is_ok_and(|name| name.key() == key))
}

async fn look_there(app: &App, old: &Old<'_>, key: &NameKey, rows: Vec<LegacyUser>) -> Result<Account> {
    let Some(row) = rows.first() else { return Ok(Account::Nobody) };
    let (is_adopted, known) = {
        let mut conn = app.db.read().await?;
        let is_adopted = adoptions::by_old_id(&mut conn, row.id).await?.is_some();
        (is_adopted, if is_adopted { credentials::by_key(&mut conn, key).await? } else { None })
    };
    if let Some(credential) = known {
        // Another login has adopted this user since the name was looked up.
        return look_here(app, old, key, rows, credential.user_id).await;
    }
    if is_adopted {
        tracing::info!(
            legacy_id = row.id.0,
            "a login by the name of a user who was deleted or renamed since the adoption"
        );
        return Ok(Account::Nobody);
    }
    let candidate = match Candidate::judge(row) {
        Ok(candidate) => candidate,
        Err(why) => return Ok(nobody(row, why)),
    };
    let role_id = super::Roles::read(app).await?.counterpart(candidate.role.as_deref())?.id;
    let fingerprint = fingerprint(old, row);
    Ok(Account::There(There { candidate, role_id, fingerprint }))
}

async fn look_here(app: &App, old: &Old<'_>, key: &NameKey, rows: Vec<LegacyUser>, user_id: UserId) -> Result<Account> {
    let (adoption, credential) = {
        let mut conn = app.db.read().await?;
        // In this order: a password that another login takes over between the two is then seen as not taken over yet, and
        // the statement that takes it over finds out.
        let adoption = adoptions::by_user(&mut conn, user_id).await?;
        (adoption, credentials::by_key(&mut conn, key).await?)
    };
    let Some(credential) = credential.filter(|credential| credential.user_id == user_id) else {
        return Ok(Account::Nobody);
    };
    let Some(adoption) = adoption else { return Ok(Account::Here(credential)) };
    let known = rows.into_iter().find(|row| row.id == adoption.legacy_id);
    let row = match known {
        Some(row) if fingerprint(old, &row) == adoption.fingerprint => Some(row),
        // The old database may compare names otherwise, so that this one was not found by what was typed. And a row that
        // was read before the adoption may be from before a change that was made here and written back meanwhile.
        _ => {
            let mut conn = old.application.db(&app.db).read().await?;
            legacy_users::by_id(&mut conn, old.table, adoption.legacy_id).await?.filter(|row| is_called(row, key))
        }
    };
    let Some(row) = row else { return gone(app, credential, &adoption).await };
    // Also where nothing has changed since: somebody may have set a password here while it was locked there.
    let stored = match stored(&row) {
        Ok(stored) => stored,
        Err(why) => {
            super::shut_out_now(app, &adoption).await?;
            return Ok(nobody(&row, why));
        }
    };
    let fingerprint = fingerprint(old, &row);
    if fingerprint != adoption.fingerprint {
        return Ok(Account::Changed(Changed { credential, stored, adoption, fingerprint }));
    }
    if adoption.gone_at.is_some() {
        app.db
            .write(async |mut tx: Tx| {
                adoptions::set_gone(&mut tx, &adoption, None).await?;
                tx.commit(()).await
            })
            .await?;
    }
    Ok(Account::Here(credential))
}

/// The row is not there any more: only a password that was set here since can still be right.
async fn gone(app: &App, credential: Credential, adoption: &Adoption) -> Result<Account> {
    if adoption.password_set_here_at.is_none() {
        super::shut_out_now(app, adoption).await?;
        return Ok(Account::Nobody);
    }
    if adoption.gone_at.is_none() {
        let now = app.clock.now();
        app.db
            .write(async |mut tx: Tx| {
                adoptions::set_gone(&mut tx, adoption, Some(now)).await?;
                tx.commit(()).await
            })
            .await?;
    }
    Ok(Account::Here(credential))
}

fn nobody(row: &LegacyUser, why: LeftBehind) -> Account {
    tracing::warn!(legacy_id = row.id.0, %why, "a login by the name of a row that cannot be adopted");
    Account::Nobody
}

pub(super) fn stored(row: &LegacyUser) -> std::result::Result<LegacyCredential, LeftBehind> {
    match &row.password {
        LegacyValue::Null => Err(LeftBehind::NoPassword),
        LegacyValue::NotText => Err(LeftBehind::PasswordNotText),
        LegacyValue::Text(password) => LegacyCredential::identify(password.reveal()),
    }
}

/// Of what the row's password column holds; what is not text has the fingerprint of nothing.
pub(super) fn fingerprint(old: &Old<'_>, row: &LegacyUser) -> Fingerprint {
    old.key.fingerprint(row.password.text().map_or("", |password| password.reveal()))
}

impl There {
    /// Whether no other row comes first whose name is the same once folded. Asked once the password is known to be right,
    /// since the whole table may have to be read.
    pub(in crate::ops) async fn is_first(&self, app: &App, application: &LegacyApplication) -> Result<bool> {
        let old = super::open(app, application).await?;
        let name = &self.candidate.name;
        let rows = all_of_name(app, &old, name.as_typed(), name.key()).await?;
        Ok(rows.into_iter().flatten().next().is_none_or(|first| first.id == self.candidate.legacy_id))
    }

    /// Adopts the user with this hash; what is in the way, if something is.
    pub(in crate::ops) async fn adopt(
        &self,
        app: &App,
        tx: &mut Tx,
        uid: Uid,
        password_hash: &str,
        now: UnixMillis,
    ) -> Result<std::result::Result<Credential, LeftBehind>> {
        administrators::hold_role(tx, self.role_id).await?;
        let adopted = Adopted { uid, role_id: self.role_id, password_hash, fingerprint: self.fingerprint, now };
        if let Some(why) = self.candidate.insert(tx, &adopted).await? {
            return Ok(Err(why));
        }
        let party = Party { uid, name: self.candidate.name.as_typed().to_owned() };
        let entry = Entry::done(Event::UserCreated).on(party.clone()).because(Reason::Adopted);
        record(app, tx, &AuditContext::system(), entry).await?;
        let user_id = UserId(self.candidate.legacy_id.0);
        Ok(Ok(Credential { user_id, party, password_hash: password_hash.to_owned(), password_version: 1 }))
    }
}

impl Changed {
    /// Takes the password of there over, and ends the sessions that were begun with the one before; `None` when somebody
    /// else has done so, or changed the password here, meanwhile.
    pub(in crate::ops) async fn take_over(
        &self,
        app: &App,
        tx: &mut Tx,
        password_hash: &str,
    ) -> Result<Option<Credential>> {
        let (adoption, user_id, party) = (&self.adoption, self.credential.user_id, &self.credential.party);
        let is_first =
            adoptions::password_is_from_there(tx, adoption.legacy_id, adoption.fingerprint, self.fingerprint).await?;
        if !is_first || !credentials::take_over_password(tx, user_id, password_hash).await? {
            return Ok(None);
        }
        let sessions_ended = session_ends::end_all_of(tx, user_id).await?;
        let entry = Entry::done(Event::PasswordChange)
            .on(party.clone())
            .because(Reason::ChangedInOldApplication)
            .with("sessions_ended", sessions_ended);
        record(app, tx, &AuditContext::system(), entry).await?;
        let password_version = self.credential.password_version + 1;
        let party = party.clone();
        Ok(Some(Credential { user_id, party, password_hash: password_hash.to_owned(), password_version }))
    }
}
