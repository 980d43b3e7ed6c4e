//! The migrations of the schema, which are compiled into the program.
//!
//! Each statement is executed and recorded before the next one, so an interrupted migration continues at the next
//! start. On SQLite, a statement and its record are one transaction. MySQL commits each definition at once. A statement
//! may therefore run twice on MySQL, where "already exists" counts as done. Invariant: a database that a newer program
//! has migrated is not changed.

mod lease;
mod records;

use std::time::Duration;

use self::records::Record;
use super::{
    db::{Db, EngineKind, Inserted, Tx},
    dialect,
};
use crate::{
    Error, Remedy, Result,
    model::{Clock, Rng, UnixMillis},
};

/// The longest wait for a connection.
const LIMIT: Duration = Duration::from_secs(5);
/// The interval at which a node checks whether another has finished the migrations.
const LEASE_POLL: Duration = Duration::from_millis(100);

/// A migration of this program, with its statements for both engines.
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

/// All migrations, in order. Since release 0.1.0, migrations are added and never changed.
const MIGRATIONS: [Migration; 1] = [migration!(1, "0001_first_schema")];

/// The progress of one migration on a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationProgress {
    pub version: i64,
    pub name: String,
    pub statements: usize,
    pub done: usize,
    pub finished_at: Option<UnixMillis>,
}

impl MigrationProgress {
    /// Returns whether all statements are done.
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
        // Each statement ends with a semicolon at the end of a line, and no other line ends with one.
        text.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()).collect()
    }
}

/// Returns the progress of each migration. Changes nothing.
///
/// # Errors
/// Returns [`Error::Schema`] if a newer program, or one before release 0.1.0, has migrated the database. Returns
/// another error if the database fails.
pub async fn status(db: &Db) -> Result<Vec<MigrationProgress>> {
    let records = records::read(db).await?;
    let is_known =
        |record: &Record| MIGRATIONS.iter().any(|known| known.version == record.version && known.name == record.name);
    if let Some(Record { version, name, .. }) = records.iter().find(|record| !is_known(record)) {
        return Err(Error::Schema(if MIGRATIONS.iter().any(|known| known.version >= *version) {
            format!(
                "this database is from before release 0.1.0, whose first schema replaced its migration {version}, {name}: \
                 start with an empty database and import the users again"
            )
        } else {
            format!(
                "a newer Doorward has migrated this database (its migration {version}, {name}, is unknown to this one): \
                 run the newer one"
            )
        }));
    }
    Ok(progress(db.kind(), &records))
}

/// Returns the progress of each migration on an SQLite file that does not exist.
#[must_use]
pub fn status_without_file() -> Vec<MigrationProgress> {
    progress(EngineKind::Sqlite, &[])
}

fn progress(kind: EngineKind, records: &[Record]) -> Vec<MigrationProgress> {
    MIGRATIONS
        .iter()
        .map(|known| {
            let record = records.iter().find(|record| record.version == known.version);
            MigrationProgress {
                version: known.version,
                name: known.name.to_owned(),
                statements: known.statements(kind).len(),
                done: record.and_then(|record| usize::try_from(record.statements_done).ok()).unwrap_or(0),
                finished_at: record.and_then(|record| record.finished_at),
            }
        })
        .collect()
}

/// Opens the database for use if all migrations are finished. Otherwise returns the first unfinished one.
///
/// # Errors
/// Returns the errors of [`status`].
pub async fn check(db: &Db) -> Result<Option<MigrationProgress>> {
    let pending = status(db).await?.into_iter().find(|progress| !progress.is_finished());
    if pending.is_none() {
        require_tables(db, LIMIT).await?;
        db.declare_schema_ready();
    }
    Ok(pending)
}

/// Requires that the tables of all migrations exist, with transactions.
///
/// # Errors
/// Returns [`Error::Unusable`] with the name of a table that is missing or has no transactions, and another error if the
/// database fails.
pub async fn require_tables(db: &Db, limit: Duration) -> Result<()> {
    let mut conn = db.connect(Some(limit)).await?;
    let found = conn.all(dialect::tables(db.kind()), &[], |row| Ok((row.text(0)?, row.text(1)?))).await?;
    for table in tables(db.kind()) {
        let problem = match found.iter().find(|(name, _)| name.eq_ignore_ascii_case(table)) {
            None => format!("the table {table} is missing: restore it from a backup, or its rights"),
            Some((_, engine)) if engine != "InnoDB" => {
                format!(
                    "the table {table} has the engine {engine}, which has no transactions: ALTER TABLE {table} ENGINE = InnoDB"
                )
            }
            Some(_) => continue,
        };
        return Err(Error::unusable(Remedy::Operator, problem));
    }
    Ok(())
}

/// Returns the tables that the migrations create.
fn tables(kind: EngineKind) -> impl Iterator<Item = &'static str> {
    let statements = MIGRATIONS.iter().flat_map(move |migration| migration.statements(kind));
    statements.chain(dialect::record_tables(kind)).filter_map(|statement| {
        let definition = statement.lines().find_map(|line| line.strip_prefix("CREATE TABLE "))?;
        definition.trim_start_matches("IF NOT EXISTS ").split([' ', '(']).next()
    })
}

/// Commits a transaction that leaves nothing.
///
/// # Errors
/// Returns an error if the database cannot be written to.
pub async fn try_to_write(db: &Db, rng: &Rng, limit: Duration) -> Result<()> {
    // The lease itself is row 1.
    let id = (i64::from_le_bytes(rng.bytes()?) & i64::MAX) | 2;
    lease::try_to_write(db, id, limit).await
}

/// Executes all pending statements and opens the database for use. Returns the number of statements that this node
/// executed. Several nodes may call this at once.
///
/// # Errors
/// Returns the errors of [`status`].
pub async fn up(db: &Db, clock: &Clock, rng: &Rng) -> Result<usize> {
    if check(db).await?.is_none() {
        return Ok(0);
    }
    if records::read(db).await?.is_empty() {
        db.require_new()?;
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

/// Creates the tables in which migrations are recorded, unless they exist. [`up`] does this first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn make_tables(db: &Db) -> Result<()> {
    records::make_tables(db).await
}

/// The outcome of [`step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The statement was executed and recorded.
    Done,
    /// Another node executed the statement after this node had read the records.
    DoneElsewhere,
    /// No statement is pending.
    NoneLeft,
}

/// Executes and records the next statement. Requires the tables of [`make_tables`].
///
/// # Errors
/// Returns an error if the database fails.
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

/// Ensures that the migration has a record. Returns whether its progress is still the same as in `pending`.
async fn claim(tx: &mut Tx, pending: &MigrationProgress) -> Result<bool> {
    let version = pending.version.into();
    let done = tx
        .optional("SELECT statements_done FROM dw_migrations WHERE version = ?", &[version], |row| row.integer(0))
        .await?;
    match done {
        Some(done) => Ok(done == count(pending.done)),
        None => {
            let inserted = tx
                .insert(
                    "INSERT INTO dw_migrations (version, name, statements_done, finished_at) VALUES (?, ?, 0, NULL)",
                    &[version, pending.name.as_str().into()],
                )
                .await?;
            Ok(pending.done == 0 && inserted != Inserted::Duplicate)
        }
    }
}

fn count(statements: usize) -> i64 {
    i64::try_from(statements).unwrap_or(i64::MAX)
}
