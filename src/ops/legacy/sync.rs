//! The living link, as a login sees it: while the old application still runs, its table has a say in who may log in.
//!
//! A name that is unknown here is looked up there; a password that was changed there since wins; a user who was deleted
//! there can no longer log in by the password of there. Invariant: every login looks into both databases, so that the
//! time it takes does not tell in which of them a name is, and when the old one does not answer, nobody is let in.

use super::{Candidate, LeftBehind, Old, PlainText, namesakes, standing};
use crate::{
    Result,
    app::{App, LegacyApplication},
    model::{Fingerprint, LegacyUser, NameKey, Party, Reason, RoleId, UnixMillis, UserId},
    store::{
        Tx,
        adoptions::{self, Adoption},
        credentials::{self, Credential},
        legacy_users, users,
    },
};

/// Whose password a login is checked against.
pub(in crate::ops) enum Account {
    /// Nobody who may log in has this name.
    Nobody,
    /// The old table lets nobody in by this name, for this reason.
    Closed(Reason),
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
            Self::Nobody | Self::Closed(_) | Self::There(_) => None,
        }
    }

    /// Its number, as far as it is known here.
    pub(in crate::ops) fn user_id(&self) -> Option<UserId> {
        match self {
            Self::Here(credential) => Some(credential.user_id),
            Self::Changed(changed) => Some(changed.credential.user_id),
            Self::Nobody | Self::Closed(_) | Self::There(_) => None,
        }
    }
}

pub(in crate::ops) struct Changed {
    pub(in crate::ops) credential: Credential,
    /// The hash of there.
    pub(in crate::ops) stored: String,
    pub(super) adoption: Adoption,
    pub(super) fingerprint: Fingerprint,
}

pub(in crate::ops) struct There {
    pub(in crate::ops) candidate: Candidate,
    pub(super) role_id: RoleId,
    pub(super) fingerprint: Fingerprint,
}

/// Looks up whose password is in force for the name that was `typed`, which folds to `key` and is known here by `known`.
pub(in crate::ops) async fn look(
    app: &App,
    application: &LegacyApplication,
    (typed, key): (&str, &NameKey),
    known: Option<Credential>,
) -> Result<Account> {
    let old = super::open(app, application).await?;
    let rows = namesakes::with_number(app, &old, typed, key).await?;
    match known {
        None => look_there(app, &old, key, rows).await,
        Some(credential) => look_here(app, &old, key, rows, credential.user_id).await,
    }
}

async fn look_there(app: &App, old: &Old<'_>, key: &NameKey, rows: Vec<LegacyUser>) -> Result<Account> {
    // One who is shut out never stands in the way of another of the name.
    let open = rows.iter().find(|row| !row.is_shut_out);
    let Some(row) = open.or(rows.first()) else { return Ok(Account::Nobody) };
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
    there(app, old, row).await
}

/// The user of this row, who is nobody here yet.
async fn there(app: &App, old: &Old<'_>, row: &LegacyUser) -> Result<Account> {
    let candidate = match Candidate::judge(row, PlainText::Refuse) {
        _ if row.is_shut_out => return Ok(closed(row, LeftBehind::ShutOut, Reason::DisabledInOldApplication)),
        Ok(candidate) => candidate,
        Err(why) => return Ok(closed(row, why, Reason::NotAdoptable)),
    };
    let role_id = super::Roles::read(app).await?.counterpart(candidate.role.as_deref())?.id;
    let fingerprint = standing::fingerprint(old, row);
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
    let known = rows.iter().find(|row| row.id == adoption.legacy_id);
    let row = match known {
        Some(row) if standing::fingerprint(old, row) == adoption.fingerprint => Some(row.clone()),
        // The old database may compare names otherwise, so that this one was not found by what was typed. And a row that
        // was read before the adoption may be from before a change that was made here and written back meanwhile.
        _ => {
            let mut conn = old.application.db(&app.db).read().await?;
            legacy_users::by_id(&mut conn, old.table, adoption.legacy_id)
                .await?
                .filter(|row| standing::is_called(row, key))
        }
    };
    let Some(row) = row else { return gone(app, credential, &adoption).await };
    if row.is_shut_out {
        return shut_out(app, old, &rows, &row, &adoption).await;
    }
    // Also where nothing has changed since: somebody may have set a password here while it was locked there.
    let stored = match standing::stored(&row, &adoption, old) {
        Ok(stored) => stored,
        Err(why) => {
            super::shut_out_now(app, &adoption).await?;
            return Ok(closed(&row, why, Reason::ChangedInOldApplication));
        }
    };
    if old.table.tells_who_is_shut_out() {
        super::open_again_now(app, &adoption).await?;
    }
    let fingerprint = standing::fingerprint(old, &row);
    if let Some(stored) = stored.filter(|_| fingerprint != adoption.fingerprint) {
        return Ok(Account::Changed(Changed { credential, stored, adoption, fingerprint }));
    }
    if adoption.gone_at.is_some() {
        note_gone(app, &adoption, None).await?;
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
        note_gone(app, adoption, Some(app.clock.now())).await?;
    }
    Ok(Account::Here(credential))
}

/// Writes down since when the row is gone, or that it is there again.
async fn note_gone(app: &App, adoption: &Adoption, gone_at: Option<UnixMillis>) -> Result<()> {
    app.db
        .write(async |mut tx: Tx| {
            adoptions::set_gone(&mut tx, adoption, gone_at).await?;
            tx.commit(()).await
        })
        .await
}

/// The row says that its user may not log in. Another row of the name may be in force, if this user never came here.
async fn shut_out(
    app: &App,
    old: &Old<'_>,
    rows: &[LegacyUser],
    row: &LegacyUser,
    adoption: &Adoption,
) -> Result<Account> {
    let user = users::by_id(&mut app.db.read().await?, adoption.user_id).await?;
    if let Some(live) = rows.iter().find(|row| !row.is_shut_out)
        && user.as_ref().is_some_and(super::gives_way)
    {
        return there(app, old, live).await;
    }
    if user.is_some_and(|user| user.disabled_at.is_none()) {
        super::shut_out_now(app, adoption).await?;
    }
    Ok(closed(row, LeftBehind::ShutOut, Reason::DisabledInOldApplication))
}

fn closed(row: &LegacyUser, why: LeftBehind, reason: Reason) -> Account {
    tracing::warn!(legacy_id = row.id.0, %why, "a login by the name of a row that lets nobody in");
    Account::Closed(reason)
}
