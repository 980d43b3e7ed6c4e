//! The effect of a sign-up on the legacy table: the check of the name, and the new row.

use doorward_password::Password;

use super::{
    super::{
        legacy_view::{self, LegacyView},
        namesakes,
    },
    check::{require_writable, unavailable, written_role},
    hash::LegacyForm,
};
use crate::{
    Error, Remedy, Result,
    app::App,
    model::{LegacyId, LegacyKey, LegacyPassword, Name, UnixMillis, UserId, shown_text},
    ops::auth::hash_password::NotHashed,
    store::{
        Db, Tx, adoptions,
        legacy_users::{self, Insert},
    },
};

/// The number of attempts to add a row that a unique key rejects although no row has the name.
const ATTEMPTS: u32 = 3;

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
    if application.write_back {
        require_writable(app, application).await?;
    }
    let legacy = legacy_view::open(app, application).await?;
    if namesakes::is_taken(app, &legacy, name).await? {
        return Ok(LegacySignUp::NameTaken);
    }
    if !application.write_back {
        return Ok(LegacySignUp::NotWritten);
    }
    let length = i64::try_from(name.as_typed().chars().count()).unwrap_or(i64::MAX);
    if legacy.table.name_limit.is_some_and(|limit| length > limit) || legacy.table.would_change(name.as_typed()) {
        return Ok(LegacySignUp::NameUnfit);
    }
    Ok(LegacySignUp::Written(legacy))
}

impl<'a> NewLegacyRow<'a> {
    /// Hashes the password by the scheme of the legacy application, unless that application could not verify it.
    pub(in crate::ops) async fn new(
        app: &App,
        legacy: LegacyView<'a>,
        password: &Password,
    ) -> Result<std::result::Result<Self, NotHashed>> {
        let form = LegacyForm::of(app, &legacy).await.map_err(unavailable)?;
        Ok(form.hash(app, password).await?.map(|stored| Self { legacy, stored }))
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
        self.take_back(tx, legacy_id, name).await?;
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
        let table = self.legacy.table;
        let role = written_role(&self.legacy, role);
        if let Some(why) = table.role_obstacle(role) {
            return Err(Error::Database(format!("the role cannot be written to {}: {why}", table.name)));
        }
        let mut key = String::new();
        for _ in 0..ATTEMPTS {
            let inserted = self.insert_row(tx, name, role, number).await?;
            let Insert::Duplicate(of_key) = inserted else { return Ok(inserted) };
            let rows = namesakes::with_equal_name(app, &self.legacy, name.as_typed(), name.key()).await?;
            // The local transaction may be running again after a conflict. The row is then its own, which the salt shows.
            let own = rows.iter().flatten().find(|row| row.password.text() == Some(&self.stored));
            if let Some(number) = own.and_then(|row| row.key.number()) {
                return Ok(Insert::Done(number));
            }
            // Without such a row, another sign-up may have withdrawn its row meanwhile.
            if !rows.is_empty() {
                return Ok(Insert::Duplicate(of_key));
            }
            key = of_key;
        }
        Err(Error::unusable(
            Remedy::Operator,
            format!(
                "the unique key {} of {} already has a value that Doorward does not choose in a new row: give each row its \
                 own default, or null",
                shown_text(&key),
                table.name
            ),
        ))
    }

    async fn insert_row(&self, tx: &mut Tx, name: &Name, role: &str, number: Option<LegacyId>) -> Result<Insert> {
        let (table, row) = (self.legacy.table, (name.as_typed(), &self.stored, role));
        match self.legacy.application.other_db() {
            None => legacy_users::insert(tx, table, number, row).await,
            Some(db) => {
                db.write(async |mut remote: Tx| {
                    let inserted = legacy_users::insert(&mut remote, table, number, row).await?;
                    remote.commit(inserted).await
                })
                .await
            }
        }
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

    async fn take_back(&self, tx: &mut Tx, legacy_id: LegacyId, name: &Name) -> Result<()> {
        match self.legacy.application.other_db() {
            None => legacy_users::withdraw(tx, self.legacy.table, legacy_id, name.as_typed(), &self.stored).await,
            Some(db) => self.withdraw_from(db, legacy_id, name).await,
        }
    }

    async fn withdraw_from(&self, db: &Db, legacy_id: LegacyId, name: &Name) -> Result<()> {
        db.write(async |mut remote: Tx| {
            legacy_users::withdraw(&mut remote, self.legacy.table, legacy_id, name.as_typed(), &self.stored).await?;
            remote.commit(()).await
        })
        .await
    }

    /// Removes the row after the local sign-up failed, as far as possible. If the row stays, its user can log in with
    /// the chosen password.
    pub(in crate::ops) async fn withdraw(&self, legacy_id: LegacyId, name: &Name) {
        let Some(db) = self.legacy.application.other_db() else { return };
        if let Err(error) = self.withdraw_from(db, legacy_id, name).await {
            tracing::warn!(legacy_id = legacy_id.0, %error, "the row of a refused sign-up remains in the legacy table");
        }
    }
}
