//! The effect of a sign-up on the legacy table: the check of the name, and the new row.

use doorward_password::Password;

use super::{
    super::{
        legacy_view::{self, LegacyView},
        namesakes,
    },
    hash::hash_for_legacy,
};
use crate::{
    Result,
    app::App,
    model::{LegacyId, LegacyKey, LegacyPassword, Name, UnixMillis, UserId},
    ops::outcome::Limited,
    store::{
        Tx, adoptions,
        legacy_users::{self, Insert},
    },
};

/// The result of checking a new user's name in the legacy table.
pub(in crate::ops) enum LegacySignUp<'a> {
    /// The sync is not configured, or sign-ups are not written back.
    NotWritten,
    NameTaken,
    /// The legacy table cannot store the name.
    NameUnfit,
    Written(LegacyView<'a>),
}

/// A user who is to be added to the legacy table.
pub(in crate::ops) struct NewLegacyRow<'a> {
    legacy: LegacyView<'a>,
    stored: LegacyPassword,
}

/// Checks whether `name` is free in the legacy table.
pub(in crate::ops) async fn before_sign_up<'a>(app: &'a App, name: &Name) -> Result<LegacySignUp<'a>> {
    let Some(application) = &app.legacy else { return Ok(LegacySignUp::NotWritten) };
    let legacy = legacy_view::open(app, application).await?;
    if namesakes::is_taken(app, &legacy, name).await? {
        return Ok(LegacySignUp::NameTaken);
    }
    if !application.write_back {
        return Ok(LegacySignUp::NotWritten);
    }
    let length = i64::try_from(name.as_typed().chars().count()).unwrap_or(i64::MAX);
    if legacy.table.name_limit.is_some_and(|limit| length > limit) {
        return Ok(LegacySignUp::NameUnfit);
    }
    Ok(LegacySignUp::Written(legacy))
}

impl<'a> NewLegacyRow<'a> {
    /// Hashes the password by the scheme of the legacy application.
    pub(in crate::ops) async fn new(
        app: &App,
        legacy: LegacyView<'a>,
        password: &Password,
    ) -> Result<std::result::Result<Self, Limited>> {
        Ok(hash_for_legacy(app, &legacy, password).await?.map(|stored| Self { legacy, stored }))
    }
}

impl NewLegacyRow<'_> {
    /// Adds the row with an id that no user had before. `tx` is Doorward's own transaction, which includes the row if
    /// the table is in the same database.
    pub(in crate::ops) async fn insert(&self, app: &App, tx: &mut Tx, name: &Name, role: &str) -> Result<Insert> {
        let inserted = self.insert_under(app, tx, name, role, None).await?;
        let Insert::Done(legacy_id) = inserted else { return Ok(inserted) };
        if adoptions::by_legacy_id(tx, legacy_id).await?.is_none() {
            return Ok(inserted);
        }
        // The legacy database has reused the id of a deleted row, as SQLite and older MySQL releases do.
        self.take_back(app, tx, legacy_id, name).await?;
        let highest = adoptions::highest(tx).await?.map_or(legacy_id, |highest| highest.max(legacy_id));
        self.insert_under(app, tx, name, role, Some(LegacyId(highest.0 + 1))).await
    }

    async fn insert_under(
        &self,
        app: &App,
        tx: &mut Tx,
        name: &Name,
        role: &str,
        number: Option<LegacyId>,
    ) -> Result<Insert> {
        let (table, typed) = (self.legacy.table, name.as_typed());
        if self.legacy.application.is_same() {
            return legacy_users::insert(tx, table, number, (typed, &self.stored, role)).await;
        }
        let inserted = self
            .legacy
            .application
            .db(&app.db)
            .write(async |mut remote: Tx| {
                let inserted = legacy_users::insert(&mut remote, table, number, (typed, &self.stored, role)).await?;
                remote.commit(inserted).await
            })
            .await?;
        if inserted != Insert::NameTaken {
            return Ok(inserted);
        }
        // The local transaction may be running again after a conflict. The row is then its own, which the salt shows.
        let rows = namesakes::with_number(app, &self.legacy, typed, name.key()).await?;
        let own = rows.iter().find(|row| row.password.text() == Some(&self.stored));
        Ok(own.and_then(|row| row.key.number()).map_or(Insert::NameTaken, Insert::Done))
    }

    /// Records the adoption of the row as the user.
    pub(in crate::ops) async fn note(
        &self,
        tx: &mut Tx,
        legacy_id: LegacyId,
        user_id: UserId,
        now: UnixMillis,
    ) -> Result<bool> {
        let fingerprint = self.legacy.key.fingerprint(self.stored.reveal());
        adoptions::insert(tx, &LegacyKey::Number(legacy_id), user_id, fingerprint, now).await
    }

    async fn take_back(&self, app: &App, tx: &mut Tx, legacy_id: LegacyId, name: &Name) -> Result<()> {
        let (table, typed) = (self.legacy.table, name.as_typed());
        if self.legacy.application.is_same() {
            return legacy_users::withdraw(tx, table, legacy_id, typed, &self.stored).await;
        }
        self.legacy
            .application
            .db(&app.db)
            .write(async |mut remote: Tx| {
                legacy_users::withdraw(&mut remote, table, legacy_id, typed, &self.stored).await?;
                remote.commit(()).await
            })
            .await
    }

    /// Removes the row after the local sign-up failed, as far as possible. If the row stays, its user can log in with
    /// the chosen password.
    pub(in crate::ops) async fn withdraw(&self, app: &App, legacy_id: LegacyId, name: &Name) {
        if self.legacy.application.is_same() {
            return;
        }
        let done = self
            .legacy
            .application
            .db(&app.db)
            .write(async |mut remote: Tx| {
                legacy_users::withdraw(&mut remote, self.legacy.table, legacy_id, name.as_typed(), &self.stored)
                    .await?;
                remote.commit(()).await
            })
            .await;
        if let Err(error) = done {
            tracing::warn!(legacy_id = legacy_id.0, %error, "the row of a refused sign-up remains in the legacy table");
        }
    }
}
