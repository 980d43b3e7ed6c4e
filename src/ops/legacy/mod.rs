//! Adoption: users of the old application's table become users here, with their numbers and their passwords.
//!
//! Invariants. The old table is only read, unless passwords are written back. A user who is here is never merged with a
//! row of there, and nobody who was deleted here comes back from there.

mod batch;
mod batch_known;
mod candidate;
pub mod census;
mod hashing;
mod namesakes;
mod numbers;
mod pages;
mod plan;
mod report;
pub mod run;
pub mod scan;
mod standing;
pub mod states;
pub mod status;
pub(super) mod sync;
mod sync_commit;
pub(super) mod write_back;

pub use self::{
    candidate::{Candidate, HIGHEST_NUMBER, LeftBehind, LegacyCredential, PlainText},
    report::{AdoptionReport, LeftRow},
};
use crate::{
    Error, Result,
    app::{App, LegacyApplication},
    model::{Event, FingerprintKey, Permissions, Reason, Role, RoleId, UnixMillis, User, UserId},
    ops::audit::{AuditContext, Entry, record},
    store::{
        Tx,
        adoption_sources::{self, AdoptionSource},
        adoptions::{self, Adoption},
        credentials,
        legacy_table::LegacyTable,
        legacy_users, roles, session_ends, user_edits, users,
    },
};

/// What every step of an adoption works with.
pub struct Old<'a> {
    pub application: &'a LegacyApplication,
    pub table: &'a LegacyTable,
    pub key: &'a FingerprintKey,
    /// What a password that is not recognised is.
    pub plain_text: PlainText,
}

/// The roles that there are, to give those of the old table their counterpart.
pub struct Roles(Vec<Role>);

impl Roles {
    /// Reads them.
    ///
    /// # Errors
    /// The database's.
    pub async fn read(app: &App) -> Result<Self> {
        roles::all(&mut app.db.read().await?).await.map(Self)
    }

    /// Those that a new database begins with.
    fn initial() -> Result<Self> {
        let role = |name: &str| -> Result<Role> {
            Ok(Role {
                id: RoleId(0),
                name: name.to_owned(),
                permissions: Permissions::none(),
                version: 0,
                created_at: UnixMillis(0),
            })
        };
        Ok(Self(vec![role("admin")?, role("user")?]))
    }

    /// The role here for what the old table says: the one of exactly that name, else `user`, which may do nothing.
    ///
    /// # Errors
    /// When there is no role `user`.
    pub fn counterpart(&self, old: Option<&str>) -> Result<&Role> {
        let named = |name: &str| self.0.iter().find(|role| role.name == name);
        old.and_then(named).or_else(|| named("user")).ok_or(Error::Corrupt("the role `user` is missing"))
    }
}

/// The old application's table, and the key of its fingerprints, which is made at the first adoption.
///
/// # Errors
/// The databases'; [`Error::Config`] when the table cannot be found, when it is not configured what its columns say of who is
/// shut out, or when the key is not the one that adopted before.
pub async fn open<'a>(app: &'a App, application: &'a LegacyApplication) -> Result<Old<'a>> {
    let table = application.table(&app.db).await?;
    if let (true, Some(key)) = (application.is_key_checked(), app.secrets.fingerprint_key()?) {
        return Ok(Old { application, table, key, plain_text: PlainText::Refuse });
    }
    states::require_decided(application.db(&app.db), table).await?;
    let key = agreed_key(app, application, table).await?;
    application.declare_key_checked();
    Ok(Old { application, table, key, plain_text: PlainText::Refuse })
}

async fn agreed_key<'a>(
    app: &'a App,
    application: &LegacyApplication,
    table: &LegacyTable,
) -> Result<&'a FingerprintKey> {
    let place = application.place(&app.config, table);
    let known = adoption_sources::find(&mut app.db.read().await?).await?;
    let source = match known {
        Some(source) => source,
        None => first_source(app, &place).await?,
    };
    if source.table_name != place {
        return Err(Error::Config(format!(
            "`adopt.from`: users were adopted from {} before, and this is {place}; if it is the same table, which has moved, \
             say so by `doorward adopt moved`",
            source.table_name
        )));
    }
    match app.secrets.fingerprint_key()? {
        Some(key) if key.check() == source.key_check => Ok(key),
        _ => Err(wrong_key(app)),
    }
}

/// Writes down where users come from, with a key that is made for it; what is written there, since another node may have been
/// first, with a key or a table of its own.
async fn first_source(app: &App, place: &str) -> Result<AdoptionSource> {
    let (check, now) = (app.secrets.make_fingerprint_key(&app.rng)?.check(), app.clock.now());
    app.db
        .write(async |mut tx: Tx| {
            adoption_sources::insert(&mut tx, place, check, now).await?;
            tx.commit(()).await
        })
        .await?;
    adoption_sources::find(&mut app.db.read().await?).await?.ok_or(Error::Corrupt("no source of adoptions"))
}

/// Writes down that the table from which users were adopted is now the one that is configured; where it was, if there is a
/// record of it.
///
/// # Errors
/// The databases'.
pub async fn moved(app: &App, application: &LegacyApplication) -> Result<Option<String>> {
    let table = application.table(&app.db).await?;
    let place = application.place(&app.config, table);
    let Some(source) = adoption_sources::find(&mut app.db.read().await?).await? else { return Ok(None) };
    app.db
        .write(async |mut tx: Tx| {
            adoption_sources::set_moved(&mut tx, &place).await?;
            tx.commit(()).await
        })
        .await?;
    Ok(Some(source.table_name))
}

fn wrong_key(app: &App) -> Error {
    let file = app.secrets.file().map_or_else(String::new, |file| format!("{}: ", file.path().display()));
    Error::Config(format!(
        "{file}`adopt.1` is not the key with which users were adopted before: bring back the file from a backup or copy it \
         from where it was made, and start again"
    ))
}

/// Shuts a user out who is gone or locked there: the sessions end, and so does whatever login is under way. Nothing is done
/// when the password was set anew since `adoption` was read.
async fn shut_out(app: &App, tx: &mut Tx, adoption: &Adoption, now: UnixMillis) -> Result<()> {
    if !adoptions::shut_out(tx, adoption, now).await? {
        return Ok(());
    }
    credentials::outdate(tx, adoption.user_id).await?;
    let sessions_ended = session_ends::end_all_of(tx, adoption.user_id).await?;
    let mut entry = Entry::done(Event::UserArchived)
        .because(Reason::ChangedInOldApplication)
        .with("sessions_ended", sessions_ended);
    if let Some(user) = users::by_id(tx, adoption.user_id).await? {
        entry = entry.on(user.party());
    }
    record(app, tx, &AuditContext::system(), entry).await
}

/// The same, as a transaction of its own, unless it has been done.
pub(super) async fn shut_out_now(app: &App, adoption: &Adoption) -> Result<()> {
    if adoption.gone_at.is_some() && adoption.password_set_here_at.is_none() {
        return Ok(());
    }
    let now = app.clock.now();
    app.db
        .write(async |mut tx: Tx| {
            shut_out(app, &mut tx, adoption, now).await?;
            tx.commit(()).await
        })
        .await
}

/// Whether this user was disabled by the adoption and never logged in, so that another of that name may take the place.
fn gives_way(user: &User) -> bool {
    user.disabled_at == Some(user.created_at) && user.last_login_at.is_none()
}

/// Deletes the user whose name is wanted by a user of there, if the old table had shut that one out before and nobody has
/// ever logged in here by it; false when it stays.
async fn make_room(app: &App, tx: &mut Tx, by: &AuditContext, in_the_way: Option<LeftBehind>) -> Result<bool> {
    let Some(LeftBehind::NameTaken(id)) = in_the_way else { return Ok(false) };
    let Some(user) = users::by_id(tx, UserId(id)).await? else { return Ok(false) };
    if !gives_way(&user) || adoptions::by_user(tx, user.id).await?.is_none() {
        return Ok(false);
    }
    session_ends::end_all_of(tx, user.id).await?;
    users::delete(tx, user.id).await?;
    let entry = Entry::done(Event::UserDeleted).because(Reason::ChangedInOldApplication).on(user.party());
    record(app, tx, by, entry).await?;
    Ok(true)
}

/// As [`open_again`], as a transaction of its own, where the adoption had disabled the user.
async fn open_again_now(app: &App, adoption: &Adoption) -> Result<()> {
    let user = users::by_id(&mut app.db.read().await?, adoption.user_id).await?;
    if user.is_none_or(|user| user.disabled_at != Some(user.created_at)) {
        return Ok(());
    }
    app.db
        .write(async |mut tx: Tx| {
            open_again(app, &mut tx, &AuditContext::system(), adoption).await?;
            tx.commit(()).await
        })
        .await
}

/// Opens the account of a user whom the adoption had disabled; false when it was closed or opened here since.
async fn open_again(app: &App, tx: &mut Tx, by: &AuditContext, adoption: &Adoption) -> Result<bool> {
    if !user_edits::enable_adopted(tx, adoption.user_id).await? {
        return Ok(false);
    }
    if adoption.gone_at.is_some() {
        adoptions::set_gone(tx, adoption, None).await?;
    }
    let mut entry = Entry::done(Event::UserUpdated).because(Reason::ChangedInOldApplication).with("state", "enabled");
    if let Some(user) = users::by_id(tx, adoption.user_id).await? {
        entry = entry.on(user.party());
    }
    record(app, tx, by, entry).await?;
    Ok(true)
}

/// Whether passwords can be written back: whether the database lets us write, and the rows can be made as those that are
/// there.
///
/// # Errors
/// The database's; [`Error::Config`] when they cannot.
pub async fn check_write_back(app: &App, old: &Old<'_>) -> Result<()> {
    if let Some(column) = &old.table.cannot_insert_for {
        return Err(Error::Config(format!(
            "`adopt.write_back`: no user can be added to {}, whose column {column} gets no value by itself",
            old.table.name
        )));
    }
    states::require_open_default(old)?;
    write_back::settings_there(app, old).await?;
    let tried = old
        .application
        .db(&app.db)
        .write(async |mut tx: Tx| {
            legacy_users::try_to_write(&mut tx, old.table).await?;
            tx.roll_back(()).await
        })
        .await;
    tried.map_err(|error| match error {
        Error::Database(reason) => {
            Error::Config(format!("`adopt.write_back`: {} cannot be written to: {reason}", old.table.name))
        }
        other => other,
    })
}

/// How many rows the old table has.
///
/// # Errors
/// The database's.
pub async fn rows_there(app: &App, old: &Old<'_>) -> Result<i64> {
    let mut conn = old.application.db(&app.db).read().await?;
    legacy_users::count(&mut conn, old.table).await
}
