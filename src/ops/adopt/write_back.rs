//! The living link, as a sign-up and a change of password see it: names that are taken there, and what is written there.
//!
//! Invariants. A name of there is never given to somebody else here. What is written there is decided by the transaction
//! here: it is written while that transaction is open and about to be committed, so nothing that is refused here is ever
//! in force there.

use doorward_password::{Password, Salt, Settings, StoredHash};

use super::{Old, link};
use crate::{
    Error, Result,
    app::App,
    model::{Field, Fingerprint, Name, OldId, OldPassword, OldUser, UnixMillis, UserId},
    ops::hash_password::{Overloaded, overloaded},
    store::{
        Tx,
        adoptions::{self, Adoption},
        old_users::{self, Insert},
    },
};

/// Rows that are looked at to learn how the old application hashes.
const SAMPLE: u32 = 50;

/// What a new user's name means for the old table.
pub(in crate::ops) enum SignUpThere<'a> {
    /// There is no link, or nothing is written back.
    NotWritten,
    NameTaken,
    /// The old table has no room for such a name.
    NameUnfit,
    Written(Old<'a>),
}

/// A user to be added to the old table.
pub(in crate::ops) struct NewThere<'a> {
    old: Old<'a>,
    stored: OldPassword,
}

/// Looks whether `name` is free there.
pub(in crate::ops) async fn before_sign_up<'a>(app: &'a App, name: &Name) -> Result<SignUpThere<'a>> {
    let Some(application) = &app.old else { return Ok(SignUpThere::NotWritten) };
    let old = super::open(app, application).await?;
    if link::first_of_name(app, &old, name.as_typed(), name.key()).await?.is_some() {
        return Ok(SignUpThere::NameTaken);
    }
    if !application.write_back {
        return Ok(SignUpThere::NotWritten);
    }
    let length = i64::try_from(name.as_typed().chars().count()).unwrap_or(i64::MAX);
    if old.table.name_limit.is_some_and(|limit| length > limit) {
        return Ok(SignUpThere::NameUnfit);
    }
    Ok(SignUpThere::Written(old))
}

impl<'a> NewThere<'a> {
    /// Hashes the password as the old application would.
    pub(in crate::ops) async fn new(
        app: &App,
        old: Old<'a>,
        password: &Password,
    ) -> Result<std::result::Result<Self, Overloaded>> {
        Ok(hash_for_there(app, &old, password).await?.map(|stored| Self { old, stored }))
    }
}

impl NewThere<'_> {
    /// Adds the row, under a number that was nobody's before. `tx` is Doorward's own transaction; the row is part of it when
    /// the table is in the same database.
    pub(in crate::ops) async fn insert(&self, app: &App, tx: &mut Tx, name: &Name, role: &str) -> Result<Insert> {
        let inserted = self.insert_under(app, tx, name, role, None).await?;
        let Insert::Done(old_id) = inserted else { return Ok(inserted) };
        if adoptions::by_old_id(tx, old_id).await?.is_none() {
            return Ok(inserted);
        }
        // The old database has given out the number of somebody who is gone from there, as SQLite does, and MySQL did.
        self.take_back(app, tx, old_id, name).await?;
        let highest = adoptions::highest(tx).await?.map_or(old_id, |highest| highest.max(old_id));
        self.insert_under(app, tx, name, role, Some(OldId(highest.0 + 1))).await
    }

    async fn insert_under(
        &self,
        app: &App,
        tx: &mut Tx,
        name: &Name,
        role: &str,
        number: Option<OldId>,
    ) -> Result<Insert> {
        let (table, typed) = (self.old.table, name.as_typed());
        if self.old.application.is_same() {
            return old_users::insert(tx, table, number, (typed, &self.stored, role)).await;
        }
        let inserted = self
            .old
            .application
            .db(&app.db)
            .write(async |mut there: Tx| {
                let inserted = old_users::insert(&mut there, table, number, (typed, &self.stored, role)).await?;
                there.commit(inserted).await
            })
            .await?;
        if inserted != Insert::NameTaken {
            return Ok(inserted);
        }
        // The transaction here may have met a conflict and be run again: then the row is its own, as its salt shows.
        let rows = link::namesakes(app, &self.old, typed, name.key()).await?;
        let own = rows.iter().find(|row| row.password.text() == Some(&self.stored));
        Ok(own.map_or(Insert::NameTaken, |row| Insert::Done(row.id)))
    }

    /// Writes down that the row and the user are one.
    pub(in crate::ops) async fn note(
        &self,
        tx: &mut Tx,
        old_id: OldId,
        user_id: UserId,
        now: UnixMillis,
    ) -> Result<bool> {
        let fingerprint = self.old.key.fingerprint(self.stored.reveal());
        adoptions::insert(tx, old_id, user_id, fingerprint, now).await
    }

    async fn take_back(&self, app: &App, tx: &mut Tx, old_id: OldId, name: &Name) -> Result<()> {
        let (table, typed) = (self.old.table, name.as_typed());
        if self.old.application.is_same() {
            return old_users::withdraw(tx, table, old_id, typed, &self.stored).await;
        }
        self.old
            .application
            .db(&app.db)
            .write(async |mut there: Tx| {
                old_users::withdraw(&mut there, table, old_id, typed, &self.stored).await?;
                there.commit(()).await
            })
            .await
    }

    /// Takes the row back after the sign-up came to nothing here. Does what it can: a row that stays is one of a user who
    /// can log in with the password that was chosen.
    pub(in crate::ops) async fn withdraw(&self, app: &App, old_id: OldId, name: &Name) {
        if self.old.application.is_same() {
            return;
        }
        let done = self
            .old
            .application
            .db(&app.db)
            .write(async |mut there: Tx| {
                old_users::withdraw(&mut there, self.old.table, old_id, name.as_typed(), &self.stored).await?;
                there.commit(()).await
            })
            .await;
        if let Err(error) = done {
            tracing::warn!(old_id = old_id.0, %error, "a row of a sign-up that was refused stays in the old table");
        }
    }
}

/// Who changes a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ops) enum ChangedBy {
    /// The user, who is somebody only as long as the old table says so.
    Owner,
    /// An administrator, or the operator.
    Another,
}

/// What a change of a password means for the old table.
pub(in crate::ops) enum ChangeThere<'a> {
    /// There is no link, or the user has no row there.
    NotLinked,
    /// The row stays as it is; this is the fingerprint of what it holds now.
    Seen(Fingerprint),
    /// The row gets the new password, too.
    Written(Box<RowThere<'a>>),
    /// The user was deleted or locked there, and may change nothing any more.
    ShutOut(Adoption),
}

/// A row of the old table whose password is to be replaced.
pub(in crate::ops) struct RowThere<'a> {
    old: Old<'a>,
    adoption: Adoption,
    seen: OldPassword,
    /// The new one, as the old application would hash it; empty until [`ChangeThere::hash`].
    new: OldPassword,
}

/// Looks at the row of the user called `name`.
pub(in crate::ops) async fn before_change<'a>(
    app: &'a App,
    by: ChangedBy,
    user: UserId,
    name: &str,
) -> Result<ChangeThere<'a>> {
    let Some(application) = &app.old else { return Ok(ChangeThere::NotLinked) };
    let old = super::open(app, application).await?;
    let adoption = {
        let mut conn = app.db.read().await?;
        adoptions::by_user(&mut conn, user).await?
    };
    let Some(adoption) = adoption else { return Ok(ChangeThere::NotLinked) };
    let row = {
        let mut conn = application.db(&app.db).read().await?;
        old_users::by_id(&mut conn, old.table, adoption.old_id).await?
    };
    let key = Name::adopted(name).ok();
    let is_theirs = |row: &OldUser| key.as_ref().is_some_and(|key| link::is_called(row, key.key()));
    let Some(row) = row.filter(is_theirs) else {
        let is_from_there = adoption.password_set_here_at.is_none();
        let is_out = by == ChangedBy::Owner && is_from_there;
        return Ok(if is_out { ChangeThere::ShutOut(adoption) } else { ChangeThere::NotLinked });
    };
    let fingerprint = link::fingerprint(&old, &row);
    if link::stored(&row).is_err() {
        // Whoever locked it there must open it there.
        let is_out = by == ChangedBy::Owner;
        return Ok(if is_out { ChangeThere::ShutOut(adoption) } else { ChangeThere::Seen(fingerprint) });
    }
    Ok(match row.password {
        Field::Text(seen) if application.write_back => {
            ChangeThere::Written(Box::new(RowThere { old, adoption, seen, new: OldPassword::new(String::new()) }))
        }
        _ => ChangeThere::Seen(fingerprint),
    })
}

impl ChangeThere<'_> {
    /// Hashes the new password as the old application would, if it is to be written there.
    pub(in crate::ops) async fn hash(
        mut self,
        app: &App,
        password: &Password,
    ) -> Result<std::result::Result<Self, Overloaded>> {
        if let Self::Written(row) = &mut self {
            match hash_for_there(app, &row.old, password).await? {
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

impl RowThere<'_> {
    async fn replace(&self, app: &App, tx: &mut Tx) -> Result<()> {
        let (table, id) = (self.old.table, self.adoption.old_id);
        let fingerprint = self.old.key.fingerprint(self.new.reveal());
        adoptions::password_is_the_same(tx, id, fingerprint).await?;
        let replaced = if self.old.application.is_same() {
            old_users::replace_password(tx, table, id, &self.seen, &self.new).await?
        } else {
            self.old
                .application
                .db(&app.db)
                .write(async |mut there: Tx| {
                    let replaced = old_users::replace_password(&mut there, table, id, &self.seen, &self.new).await?;
                    // The transaction here may have met a conflict and be run again: then it is there already.
                    let replaced = replaced
                        || old_users::by_id(&mut there, table, id)
                            .await?
                            .is_some_and(|row| row.password.text() == Some(&self.new));
                    there.commit(replaced).await
                })
                .await?
        };
        if replaced {
            Ok(())
        } else {
            Err(Error::Conflict("the password was changed in the old table at the same moment".to_owned()))
        }
    }
}

/// Hashes `password` as the old application does.
async fn hash_for_there(
    app: &App,
    old: &Old<'_>,
    password: &Password,
) -> Result<std::result::Result<OldPassword, Overloaded>> {
    let settings = settings_there(app, old).await?;
    match app.hasher.hash_as_received(settings, password.clone(), Salt(app.rng.bytes()?)).await {
        Ok(hash) => Ok(Ok(OldPassword::new(hash))),
        Err(error) => overloaded(error).map(Err),
    }
}

/// How the newest rows of the old table are hashed, at the cost that is configured here; in a table without any hash, as
/// the old application does whose table looks like this one.
///
/// # Errors
/// The database's; [`Error::Config`] when it is in a scheme that cannot be made here.
pub(in crate::ops) async fn settings_there(app: &App, old: &Old<'_>) -> Result<Settings> {
    let newest = {
        let mut conn = old.application.db(&app.db).read().await?;
        old_users::newest(&mut conn, old.table, SAMPLE).await?
    };
    let hashing = &app.config.hashing;
    let schemes = newest.iter().filter_map(|row| StoredHash::parse(row.password.text()?.reveal()).ok());
    let mut schemes = schemes.map(|hash| hash.scheme()).peekable();
    if schemes.peek().is_none() {
        return Ok(if old.table.role_column.is_some() { hashing.bcrypt } else { hashing.pbkdf2 });
    }
    let known = schemes.find_map(|scheme| match scheme {
        _ if scheme.starts_with("werkzeug-") => Some(hashing.pbkdf2),
        "bcrypt" => Some(hashing.bcrypt),
        _ if scheme.starts_with("argon2") => Some(hashing.argon2id),
        _ => None,
    });
    known.ok_or_else(|| {
        Error::Config(format!(
            "`adopt.write_back`: the newest passwords in {} are hashed in a way in which none can be made here",
            old.table.name
        ))
    })
}
