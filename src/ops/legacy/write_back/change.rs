//! The effect of a password change on the legacy table: whether the user may still change the password, and the value
//! to replace.

use doorward_password::Password;

use super::{
    super::{
        candidate::LeftBehind,
        legacy_view::{self, LegacyView},
        standing,
    },
    check::{require_writable, unavailable},
    hash::LegacyForm,
};
use crate::{
    Error, Result,
    app::App,
    model::{Fingerprint, LegacyPassword, LegacyUser, LegacyValue, Name, UnixMillis, UserId},
    ops::auth::hash_password::NotHashed,
    store::{
        Tx,
        adoptions::{self, Adoption},
        legacy_users,
    },
};

/// The effect of a password change on the legacy table, planned before the new password is hashed.
pub(in crate::ops) enum ChangePlan<'a> {
    /// The sync is not configured, or the user has no row in the legacy table.
    NotLinked,
    /// The row is not changed; this is the fingerprint of its current value.
    Seen(Fingerprint),
    /// The row also gets the new password.
    Replace(Box<LegacyRow<'a>>),
}

/// The writes of a password change to the legacy table and to the adoption.
pub(in crate::ops) enum LegacyChange<'a> {
    NotLinked,
    Seen(Fingerprint),
    Replaced(Box<LegacyRowChange<'a>>),
}

/// A row of the legacy table whose password is to be replaced.
pub(in crate::ops) struct LegacyRow<'a> {
    legacy: LegacyView<'a>,
    adoption: Adoption,
    seen: LegacyPassword,
}

/// A row of the legacy table with its new password.
pub(in crate::ops) struct LegacyRowChange<'a> {
    row: LegacyRow<'a>,
    /// The new password, hashed by the scheme of the legacy application.
    new: LegacyPassword,
}

/// The state of a user's row in the legacy table.
enum Row<'a> {
    NotLinked,
    /// The user's row is missing, or has another name.
    Gone(Adoption),
    Present {
        legacy: LegacyView<'a>,
        adoption: Adoption,
        row: LegacyUser,
        /// The reason why the row does not let its user log in, if any.
        standing: std::result::Result<(), LeftBehind>,
    },
}

/// Plans the change by the user. Returns the adoption of a user who is missing or locked in the legacy table, and must
/// not change the password.
pub(in crate::ops) async fn by_owner<'a>(
    app: &'a App,
    user: UserId,
    name: &str,
) -> Result<std::result::Result<ChangePlan<'a>, Adoption>> {
    Ok(match find(app, user, name).await? {
        Row::NotLinked => Ok(ChangePlan::NotLinked),
        Row::Gone(adoption) if adoption.password_set_locally_at.is_none() => Err(adoption),
        Row::Gone(_) => Ok(ChangePlan::NotLinked),
        Row::Present { adoption, standing: Err(_), .. } => Err(adoption),
        Row::Present { legacy, adoption, row, standing: Ok(()) } => Ok(plan(legacy, adoption, row)),
    })
}

/// Plans the change by an administrator or the operator.
pub(in crate::ops) async fn by_another<'a>(app: &'a App, user: UserId, name: &str) -> Result<ChangePlan<'a>> {
    Ok(match find(app, user, name).await? {
        Row::NotLinked | Row::Gone(_) => ChangePlan::NotLinked,
        // A locked row must be unlocked in the legacy application, but an unrecognised value may be replaced.
        Row::Present { legacy, row, standing: Err(why), .. } if why != LeftBehind::PasswordUnrecognized => {
            ChangePlan::Seen(standing::fingerprint(&legacy, &row))
        }
        Row::Present { legacy, adoption, row, .. } => plan(legacy, adoption, row),
    })
}

async fn find<'a>(app: &'a App, user: UserId, name: &str) -> Result<Row<'a>> {
    let Some(application) = &app.legacy else { return Ok(Row::NotLinked) };
    let legacy = legacy_view::open(app, application).await?;
    let adoption = {
        let mut conn = app.db.read().await?;
        adoptions::by_user(&mut conn, user).await?
    };
    let Some(adoption) = adoption else { return Ok(Row::NotLinked) };
    let row = {
        let mut conn = application.db(&app.db).read().await?;
        legacy_users::by_key(&mut conn, legacy.table, &adoption.key).await?
    };
    let key = Name::adopted(name).ok();
    let has_name = |row: &LegacyUser| key.as_ref().is_some_and(|key| standing::was_called(row, key.key().as_bytes()));
    let Some(row) = row.filter(has_name) else { return Ok(Row::Gone(adoption)) };
    let standing = match row.is_shut_out {
        true => Err(LeftBehind::ShutOut),
        false => standing::stored(&row, &adoption, &legacy).map(drop),
    };
    Ok(Row::Present { legacy, adoption, row, standing })
}

fn plan(legacy: LegacyView<'_>, adoption: Adoption, row: LegacyUser) -> ChangePlan<'_> {
    match row.password {
        LegacyValue::Text(seen) if legacy.application.write_back => {
            ChangePlan::Replace(Box::new(LegacyRow { legacy, adoption, seen }))
        }
        _ => ChangePlan::Seen(standing::fingerprint(&legacy, &row)),
    }
}

impl<'a> ChangePlan<'a> {
    /// Hashes the new password by the scheme of the legacy application, if it is to be written back.
    pub(in crate::ops) async fn hash(
        self,
        app: &App,
        password: &Password,
    ) -> Result<std::result::Result<LegacyChange<'a>, NotHashed>> {
        Ok(match self {
            Self::NotLinked => Ok(LegacyChange::NotLinked),
            Self::Seen(fingerprint) => Ok(LegacyChange::Seen(fingerprint)),
            Self::Replace(row) => {
                require_writable(app, row.legacy.application).await?;
                let form = LegacyForm::of(app, &row.legacy).await.map_err(unavailable)?;
                form.hash(app, password)
                    .await?
                    .map(|new| LegacyChange::Replaced(Box::new(LegacyRowChange { row: *row, new })))
            }
        })
    }
}

impl LegacyChange<'_> {
    /// Writes and records the change. `tx` is Doorward's own transaction, which decides everything. This must be the
    /// last step before its commit.
    pub(in crate::ops) async fn perform(&self, app: &App, tx: &mut Tx, user: UserId, now: UnixMillis) -> Result<()> {
        match self {
            Self::NotLinked => adoptions::password_is_from_here(tx, user, None, now).await,
            Self::Seen(fingerprint) => adoptions::password_is_from_here(tx, user, Some(*fingerprint), now).await,
            Self::Replaced(change) => change.replace(app, tx).await,
        }
    }
}

impl LegacyRowChange<'_> {
    async fn replace(&self, app: &App, tx: &mut Tx) -> Result<()> {
        let (table, id, key) = (self.row.legacy.table, self.row.adoption.legacy_id, &self.row.adoption.key);
        let fingerprint = self.row.legacy.key.fingerprint(self.new.reveal());
        adoptions::password_is_the_same(tx, id, fingerprint).await?;
        let replaced = if self.row.legacy.application.is_same() {
            legacy_users::replace_password(tx, table, key, &self.row.seen, &self.new).await?
        } else {
            self.row
                .legacy
                .application
                .db(&app.db)
                .write(async |mut remote: Tx| {
                    let replaced =
                        legacy_users::replace_password(&mut remote, table, key, &self.row.seen, &self.new).await?;
                    // The local transaction may be running again after a conflict, so the row may already have the new
                    // password.
                    let replaced = replaced
                        || legacy_users::by_key(&mut remote, table, key)
                            .await?
                            .is_some_and(|row| row.password.text() == Some(&self.new));
                    remote.commit(replaced).await
                })
                .await?
        };
        if replaced {
            Ok(())
        } else {
            Err(Error::Conflict("the password was changed in the legacy table at the same moment".to_owned()))
        }
    }
}
