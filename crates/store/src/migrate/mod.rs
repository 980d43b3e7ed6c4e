//! Migrations: what brings a database, empty or older, to the schema that this program expects.
//!
//! Each statement is performed and written down as done, one at a time, so that a kill between any two is made good by
//! starting again. On SQLite the two are one transaction. MySQL commits each definition by itself, so a statement may be
//! met a second time there, and "it is there already" then counts as done. Invariant: a database that a newer program
//! has migrated is left alone.

mod lease;

use std::time::Duration;

use super::{
    db::{Db, EngineKind, Inserted, Tx},
    dialect,
};
use crate::{
    Error, Result,
    model::{Clock, Rng, UnixMillis},
};

/// How often a node looks whether another has come to the end of the migrations.
const LEASE_POLL: Duration = Duration::from_millis(100);

/// A migration of this program: its number and name, and its statements for either engine.
struct Migration {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    mysql: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            mysql: include_str!(concat!("../../migrations/mysql/", $name, ".sql")),
        }
    };
}

/// All of them, in order.
const MIGRATIONS: [Migration; 10] = [
    migration!(1, "0001_roles"),
    migration!(2, "0002_users"),
    migration!(3, "0003_sessions"),
    migration!(4, "0004_guards"),
    migration!(5, "0005_adoptions"),
    migration!(6, "0006_accounts"),
    migration!(7, "0007_audit_events"),
    migration!(8, "0008_idempotency_keys"),
    migration!(9, "0009_login_failures"),
    migration!(10, "0010_secrets"),
];

/// How far one migration has come on a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationProgress {
    pub version: i64,
    pub name: String,
    pub statements: usize,
    pub done: usize,
    pub finished_at: Option<UnixMillis>,
}

impl MigrationProgress {
    /// Whether there is nothing left to do.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished_at.is_some()
    }
}

impl Migration {
    fn statements(&self, kind: EngineKind) -> Vec<&'static str> {
        let text = match kind {
            EngineKind::Sqlite => self.sqlite,
            EngineKind::MySql => self.mysql,
        };
        // No statement of ours holds a semicolon, and comments come only before the first.
        text.split(';').map(str::trim).filter(|statement| !statement.is_empty()).collect()
    }
}

/// How far each migration has come. Changes nothing.
///
/// # Errors
/// The database's; [`Error::Schema`] when a newer program was here.
pub async fn status(db: &Db) -> Result<Vec<MigrationProgress>> {
    let mut conn = db.connect(Some(Duration::from_secs(5))).await?;
    let table = conn.optional(dialect::table_exists(db.kind()), &["dw_migrations".into()], |_| Ok(())).await?;
    let rows = match table {
        None => Vec::new(),
        Some(()) => {
            conn.all("SELECT version, statements_done, finished_at FROM dw_migrations", &[], |row| {
                Ok((row.integer(0)?, row.integer(1)?, row.integer_or_null(2)?.map(UnixMillis)))
            })
            .await?
        }
    };
    if let Some((newer, ..)) =
        rows.iter().find(|(version, ..)| MIGRATIONS.iter().all(|known| known.version != *version))
    {
        return Err(Error::Schema(format!(
            "a newer Doorward has migrated this database (its migration {newer} is not known here): run that one"
        )));
    }
    Ok(progress(db.kind(), &rows))
}

/// How far each migration has come on an SQLite file that is not there yet.
#[must_use]
pub fn status_without_file() -> Vec<MigrationProgress> {
    progress(EngineKind::Sqlite, &[])
}

/// All migrations, with what the database's rows (version, statements done, finished at) say of them.
fn progress(kind: EngineKind, rows: &[(i64, i64, Option<UnixMillis>)]) -> Vec<MigrationProgress> {
    MIGRATIONS
        .iter()
        .map(|known| {
            let row = rows.iter().find(|(version, ..)| *version == known.version);
            MigrationProgress {
                version: known.version,
                name: known.name.to_owned(),
                statements: known.statements(kind).len(),
                done: row.and_then(|(_, done, _)| usize::try_from(*done).ok()).unwrap_or(0),
                finished_at: row.and_then(|(.., finished_at)| *finished_at),
            }
        })
        .collect()
}

/// Opens the database for use, provided that every migration is finished on it; otherwise says which is the first that
/// is not.
///
/// # Errors
/// As [`status`].
pub async fn check(db: &Db) -> Result<Option<MigrationProgress>> {
    let pending = status(db).await?.into_iter().find(|progress| !progress.is_finished());
    if pending.is_none() {
        db.declare_schema_ready();
    }
    Ok(pending)
}

/// Performs every statement that is still to be done and opens the database for use; tells how many there were. Any
/// number of nodes may call this at once.
///
/// # Errors
/// The database's; [`Error::Schema`] when a newer program was here.
pub async fn up(db: &Db, clock: &Clock, rng: &Rng) -> Result<usize> {
    if check(db).await?.is_none() {
        return Ok(0);
    }
    make_tables(db).await?;
    let owner = i64::from_le_bytes(rng.bytes()?);
    let mut performed = 0;
    loop {
        if dialect::migrations_need_lease(db.kind()) {
            while !lease::take(db, owner, clock.now()).await? {
                if check(db).await?.is_none() {
                    return Ok(performed);
                }
                tokio::time::sleep(LEASE_POLL).await;
            }
        }
        match step(db, clock).await? {
            Step::Done => performed += 1,
            Step::DoneElsewhere => {}
            Step::NoneLeft => break,
        }
    }
    if dialect::migrations_need_lease(db.kind()) {
        lease::give_back(db, owner).await?;
    }
    check(db).await?;
    Ok(performed)
}

/// Makes the tables that migrations are written down in, unless they are there: the first thing that [`up`] does.
///
/// # Errors
/// The database's.
pub async fn make_tables(db: &Db) -> Result<()> {
    db.write_unhurried(async |mut tx: Tx| {
        tx.define(
            "CREATE TABLE IF NOT EXISTS dw_migrations (
                version BIGINT NOT NULL PRIMARY KEY,
                statements_done BIGINT NOT NULL,
                finished_at BIGINT
            )",
        )
        .await?;
        tx.define(
            "CREATE TABLE IF NOT EXISTS dw_migration_lease (
                id BIGINT NOT NULL PRIMARY KEY,
                owner BIGINT NOT NULL,
                expires_at BIGINT NOT NULL
            )",
        )
        .await?;
        tx.commit(()).await
    })
    .await
}

/// What became of the next statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It was performed and written down.
    Done,
    /// Another node performed it between the look and the claim.
    DoneElsewhere,
    /// There is none.
    NoneLeft,
}

/// Performs the next statement and writes it down. Needs [`make_tables`] to have run.
///
/// # Errors
/// The database's.
pub async fn step(db: &Db, clock: &Clock) -> Result<Step> {
    let Some(pending) = status(db).await?.into_iter().find(|progress| !progress.is_finished()) else {
        return Ok(Step::NoneLeft);
    };
    let statements =
        MIGRATIONS.iter().find(|known| known.version == pending.version).map(|known| known.statements(db.kind()));
    let statements = statements.unwrap_or_default();
    let now = clock.now();
    db.write_unhurried(async |mut tx: Tx| {
        if !claim(&mut tx, &pending).await? {
            return tx.roll_back(Step::DoneElsewhere).await;
        }
        if let Some(statement) = statements.get(pending.done) {
            tx.define(statement).await?;
        }
        let finished_at = (pending.done + 1 >= pending.statements).then_some(now);
        tx.execute(
            "UPDATE dw_migrations SET statements_done = ?, finished_at = ? WHERE version = ? AND statements_done = ?",
            &[count(pending.done + 1).into(), finished_at.into(), pending.version.into(), count(pending.done).into()],
        )
        .await?;
        tx.commit(Step::Done).await
    })
    .await
}

/// Makes sure that the migration has its row and that nobody has gone on with it since it was looked at.
async fn claim(tx: &mut Tx, pending: &MigrationProgress) -> Result<bool> {
    let params = [pending.version.into()];
    let done = tx
        .optional("SELECT statements_done FROM dw_migrations WHERE version = ?", &params, |row| row.integer(0))
        .await?;
    match done {
        Some(done) => Ok(done == count(pending.done)),
        None => {
            let inserted = tx
                .insert(
                    "INSERT INTO dw_migrations (version, statements_done, finished_at) VALUES (?, 0, NULL)",
                    &params,
                )
                .await?;
            Ok(pending.done == 0 && inserted != Inserted::Duplicate)
        }
    }
}

fn count(statements: usize) -> i64 {
    i64::try_from(statements).unwrap_or(i64::MAX)
}
