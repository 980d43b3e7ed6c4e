//! What a change of a password means for the old table: whether its owner still may, and the value that is replaced.

use doorward_password::Password;

use super::{
    super::{
        candidate::LeftBehind,
        legacy_view::{self, LegacyView},
        standing,
    },
    hash::hash_for_legacy,
};
use crate::{
    Error, Result,
    app::App,
    model::{Fingerprint, LegacyPassword, LegacyUser, LegacyValue, Name, UnixMillis, UserId},
    ops::auth::hash_password::Overloaded,
    store::{
        Tx,
        adoptions::{self, Adoption},
        legacy_users,
    },
};

/// Who changes a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum ChangedBy {
    /// The user, who is somebody only as long as the old table says so.
    Owner,
    /// An administrator, or the operator.
    Another,
}

/// What a change of a password means for the old table.
pub(in crate::ops) enum LegacyChange<'a> {
    /// There is no link, or the user has no row there.
    NotLinked,
    /// The row stays as it is; this is the fingerprint of what it holds now.
    Seen(Fingerprint),
    /// The row gets the new password, too.
    Written(Box<LegacyRowChange<'a>>),
    /// The user was deleted or locked there, and may change nothing any more.
    ShutOut(Adoption),
}

/// A row of the old table whose password is to be replaced.
pub(in crate::ops) struct LegacyRowChange<'a> {
    legacy: LegacyView<'a>,
    adoption: Adoption,
    seen: LegacyPassword,
    /// The new one, as the old application would hash it; empty until [`LegacyChange::hash`].
    new: LegacyPassword,
}

/// Looks at the row of the user called `name`.
pub(in crate::ops) async fn before_change<'a>(
    app: &'a App,
    by: ChangedBy,
    user: UserId,
    name: &str,
) -> Result<LegacyChange<'a>> {
    let Some(application) = &app.legacy else { return Ok(LegacyChange::NotLinked) };
    let legacy = legacy_view::open(app, application).await?;
    let adoption = {
        let mut conn = app.db.read().await?;
        adoptions::by_user(&mut conn, user).await?
    };
    let Some(adoption) = adoption else { return Ok(LegacyChange::NotLinked) };
    let row = {
        let mut conn = application.db(&app.db).read().await?;
        legacy_users::by_id(&mut conn, legacy.table, adoption.legacy_id).await?
    };
    let key = Name::adopted(name).ok();
    let is_theirs = |row: &LegacyUser| key.as_ref().is_some_and(|key| standing::is_called(row, key.key()));
    let Some(row) = row.filter(is_theirs) else {
        let is_from_there = adoption.password_set_locally_at.is_none();
        let is_out = by == ChangedBy::Owner && is_from_there;
        return Ok(if is_out { LegacyChange::ShutOut(adoption) } else { LegacyChange::NotLinked });
    };
    let fingerprint = standing::fingerprint(&legacy, &row);
    let standing = if row.is_shut_out { Err(LeftBehind::ShutOut) } else { standing::stored(&row, &adoption, &legacy) };
    let is_out = by == ChangedBy::Owner;
    if standing.is_err_and(|why| is_out || why != LeftBehind::PasswordUnrecognized) {
        // A row that was locked there must be opened there; a password that is not recognised may be replaced.
        return Ok(if is_out { LegacyChange::ShutOut(adoption) } else { LegacyChange::Seen(fingerprint) });
    }
    Ok(match row.password {
        LegacyValue::Text(seen) if application.write_back => LegacyChange::Written(Box::new(LegacyRowChange {
            legacy,
            adoption,
            seen,
            new: LegacyPassword::new(String::new()),
        })),
        _ => LegacyChange::Seen(fingerprint),
    })
}

impl LegacyChange<'_> {
    /// Hashes the new password as the old application would, if it is to be written there.
    pub(in crate::ops) async fn hash(
        mut self,
        app: &App,
        password: &Password,
    ) -> Result<std::result::Result<Self, Overloaded>> {
        if let Self::Written(row) = &mut self {
            match hash_for_legacy(app, &row.legacy, password).await? {
                Ok(new) => row.new = new,
                Err(full) => return Ok(Err(full)),
            }
        }
        Ok(Ok(self))
    }

    /// Writes it, and writes it down. `tx` is Doorward's own transaction, in which everything has been decided: the last
    /// step before its commit.
    pub(in crate::ops) async fn perform(&self, app: &App, tx: &mut Tx, user: UserId, now: UnixMillis) -> Result<()> {
        match self {
            Self::NotLinked => adoptions::password_is_from_here(tx, user, None, now).await,
            Self::Seen(fingerprint) => adoptions::password_is_from_here(tx, user, Some(*fingerprint), now).await,
            Self::Written(row) => row.replace(app, tx).await,
            Self::ShutOut(_) => Err(Error::Corrupt("a change by somebody who is shut out")),
        }
    }
}

impl LegacyRowChange<'_> {
    async fn replace(&self, app: &App, tx: &mut Tx) -> Result<()> {
        let (table, id) = (self.legacy.table, self.adoption.legacy_id);
        let fingerprint = self.legacy.key.fingerprint(self.new.reveal());
        adoptions::password_is_the_same(tx, id, fingerprint).await?;
        let replaced = if self.legacy.application.is_same() {
            legacy_users::replace_password(tx, table, id, &self.seen, &self.new).await?
        } else {
            self.legacy
                .application
                .db(&app.db)
                .write(async |mut remote: Tx| {
                    let replaced =
                        legacy_users::replace_password(&mut remote, table, id, &self.seen, &self.new).await?;
                    // The transaction here may have met a conflict and be run again: then it is there already.
                    let replaced = replaced
                        || legacy_users::by_id(&mut remote, table, id)
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
