//! Looks up the valid password for a name. While the sync is configured, the legacy table takes part in the decision.
//!
//! A name without a local account is looked up in the legacy table. A password that changed in the legacy table is
//! valid. A user who was deleted from the legacy table can no longer log in with a password from it. Invariant: while
//! the sync is configured, every login reads both databases, so its time does not show which of them has the name. If
//! the legacy database does not answer, every login fails.

use super::{
    candidate::{Candidate, LeftBehind, LegacyCredential, PlainText},
    legacy_view::{self, LegacyView},
    namesakes,
    password_source::PasswordSource,
    roles::RoleMap,
    shut_out, standing,
    take_over::{ChangedUser, LegacyOnlyUser},
};
use crate::{
    Result,
    app::{App, LegacyApplication},
    model::{LegacyUser, NameKey, Reason, UnixMillis, UserId},
    store::{
        Tx,
        adoptions::{self, Adoption},
        credentials::{self, Credential},
        legacy_users, users,
    },
};

/// The local account that has a name.
pub(in crate::ops) struct KnownUser {
    pub(in crate::ops) credential: Credential,
    /// Whether the account is known to be disabled by the legacy table, so no password is valid.
    is_shut_out: bool,
}

/// The password source of an account, or the reason why no password is valid.
type Found = std::result::Result<PasswordSource, Reason>;

impl KnownUser {
    /// Finds the local account that has this name.
    pub(in crate::ops) async fn find(app: &App, name: &NameKey) -> Result<Option<Self>> {
        let mut conn = app.db.read().await?;
        let known = match &app.legacy {
            None => credentials::by_key_alone(&mut conn, name).await?,
            // The legacy table is read later.
            Some(_) => credentials::by_key(&mut conn, name).await?.map(|credential| (credential, false)),
        };
        Ok(known.map(|(credential, is_shut_out)| Self { credential, is_shut_out }))
    }
}

/// Looks up the valid password for the name `typed`, which folds to `key`. `known` is the local account with that name.
pub(in crate::ops) async fn look_up(
    app: &App,
    (typed, key): (&str, &NameKey),
    known: Option<KnownUser>,
) -> Result<Found> {
    match (&app.legacy, known) {
        (Some(application), known) => look_up_in_both(app, application, (typed, key), known).await,
        (None, Some(KnownUser { credential, is_shut_out: false })) => Ok(Ok(PasswordSource::local(credential))),
        (None, _) => Ok(Err(Reason::UnknownName)),
    }
}

async fn look_up_in_both(
    app: &App,
    application: &LegacyApplication,
    (typed, key): (&str, &NameKey),
    known: Option<KnownUser>,
) -> Result<Found> {
    let legacy = legacy_view::open(app, application).await?;
    let rows = namesakes::with_number(app, &legacy, typed, key).await?;
    match known {
        None => look_up_unknown(app, &legacy, key, rows).await,
        Some(known) => look_up_local(app, &legacy, key, rows, known.credential.user_id).await,
    }
}

async fn look_up_unknown(app: &App, legacy: &LegacyView<'_>, key: &NameKey, rows: Vec<LegacyUser>) -> Result<Found> {
    // A disabled user never hides another user with the same name.
    let open = rows.iter().find(|row| !row.is_shut_out);
    let Some(row) = open.or(rows.first()) else { return Ok(Err(Reason::UnknownName)) };
    let (is_adopted, known) = {
        let mut conn = app.db.read().await?;
        let is_adopted = adoptions::by_key(&mut conn, &row.key).await?.is_some();
        (is_adopted, if is_adopted { credentials::by_key(&mut conn, key).await? } else { None })
    };
    if let Some(credential) = known {
        // Another login has adopted this user since the name was looked up.
        return look_up_local(app, legacy, key, rows, credential.user_id).await;
    }
    if is_adopted {
        tracing::info!(
            legacy_id = row.key.shown(),
            "a login with the name of a user who was deleted or renamed since the adoption"
        );
        return Ok(Err(Reason::UnknownName));
    }
    legacy_only(app, legacy, row).await
}

/// Decides on the user of this row, who has no local account.
async fn legacy_only(app: &App, legacy: &LegacyView<'_>, row: &LegacyUser) -> Result<Found> {
    if row.is_shut_out {
        return Ok(Err(closed(row, LeftBehind::ShutOut, Reason::DisabledInOldApplication)));
    }
    let candidate = match Candidate::judge(row, PlainText::Refuse) {
        Ok(candidate) => candidate,
        Err(why) => return Ok(Err(closed(row, why, Reason::NotAdoptable))),
    };
    let LegacyCredential::Hash(stored) = &candidate.credential else {
        return Ok(Err(closed(row, LeftBehind::PasswordUnrecognized, Reason::NotAdoptable)));
    };
    let stored = stored.clone();
    let role_id = RoleMap::read(app).await?.counterpart(candidate.role.as_deref())?.id;
    let fingerprint = standing::fingerprint(legacy, row);
    Ok(Ok(PasswordSource::legacy_only(LegacyOnlyUser { candidate, stored, role_id, fingerprint })))
}

async fn look_up_local(
    app: &App,
    legacy: &LegacyView<'_>,
    key: &NameKey,
    rows: Vec<LegacyUser>,
    user_id: UserId,
) -> Result<Found> {
    let (adoption, credential) = {
        let mut conn = app.db.read().await?;
        // The order matters: a password that another login takes over between the two reads then counts as not taken
        // over, and the later statement detects it.
        let adoption = adoptions::by_user(&mut conn, user_id).await?;
        (adoption, credentials::by_key(&mut conn, key).await?)
    };
    let Some(credential) = credential.filter(|credential| credential.user_id == user_id) else {
        return Ok(Err(Reason::UnknownName));
    };
    let Some(adoption) = adoption else { return Ok(Ok(PasswordSource::local(credential))) };
    let known = rows.iter().find(|row| row.key == adoption.key);
    let row = match known {
        Some(row) if standing::fingerprint(legacy, row) == adoption.fingerprint => Some(row.clone()),
        // The legacy database may compare names differently, so the typed name did not find the row. A row that was
        // read before the adoption may be older than a local change that was written back meanwhile.
        _ => {
            let mut conn = legacy.application.db(&app.db).read().await?;
            legacy_users::by_key(&mut conn, legacy.table, &adoption.key)
                .await?
                .filter(|row| standing::was_called(row, key.as_bytes()))
        }
    };
    let Some(row) = row else { return gone(app, credential, &adoption).await };
    if row.is_shut_out {
        return shut_out_by_row(app, legacy, &rows, &row, &adoption).await;
    }
    // This also applies to an unchanged value, because a local password may have been set while the row was locked.
    let stored = match standing::stored(&row, &adoption, legacy) {
        Ok(stored) => stored,
        Err(why) => {
            shut_out::shut_out_now(app, &adoption).await?;
            return Ok(Err(closed(&row, why, Reason::ChangedInOldApplication)));
        }
    };
    if legacy.table.tells_who_is_shut_out() {
        shut_out::open_again_now(app, &adoption).await?;
    }
    let fingerprint = standing::fingerprint(legacy, &row);
    if let Some(stored) = stored.filter(|_| fingerprint != adoption.fingerprint) {
        return Ok(Ok(PasswordSource::changed(ChangedUser { credential, stored, adoption, fingerprint })));
    }
    if adoption.gone_at.is_some() {
        record_gone(app, &adoption, None).await?;
    }
    Ok(Ok(PasswordSource::local(credential)))
}

/// Decides on a user whose row is missing: only a local password that was set since is valid.
async fn gone(app: &App, credential: Credential, adoption: &Adoption) -> Result<Found> {
    if adoption.password_set_locally_at.is_none() {
        shut_out::shut_out_now(app, adoption).await?;
        return Ok(Err(Reason::UnknownName));
    }
    if adoption.gone_at.is_none() {
        record_gone(app, adoption, Some(app.clock.now())).await?;
    }
    Ok(Ok(PasswordSource::local(credential)))
}

/// Records the time at which the row was found missing, or that it exists again.
async fn record_gone(app: &App, adoption: &Adoption, gone_at: Option<UnixMillis>) -> Result<()> {
    app.db
        .write(async |mut tx: Tx| {
            adoptions::set_gone(&mut tx, adoption, gone_at).await?;
            tx.commit(()).await
        })
        .await
}

/// Decides on a user whose row disables the user. If this user has never logged in, another row with the name may be
/// valid.
async fn shut_out_by_row(
    app: &App,
    legacy: &LegacyView<'_>,
    rows: &[LegacyUser],
    row: &LegacyUser,
    adoption: &Adoption,
) -> Result<Found> {
    let user = users::by_id(&mut app.db.read().await?, adoption.user_id).await?;
    if let Some(live) = rows.iter().find(|row| !row.is_shut_out)
        && user.as_ref().is_some_and(shut_out::gives_way)
    {
        return legacy_only(app, legacy, live).await;
    }
    if user.is_some_and(|user| user.disabled_at.is_none()) {
        shut_out::shut_out_now(app, adoption).await?;
    }
    Ok(Err(closed(row, LeftBehind::ShutOut, Reason::DisabledInOldApplication)))
}

fn closed(row: &LegacyUser, why: LeftBehind, reason: Reason) -> Reason {
    tracing::warn!(legacy_id = row.key.shown(), %why, "a login with the name of a row that permits no login");
    reason
}
