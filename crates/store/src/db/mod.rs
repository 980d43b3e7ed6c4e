//! The database: one interface to two engines.
//!
//! Reads require a [`Conn`] and writes a [`Tx`], so a write outside a transaction does not compile. Invariant: between
//! the start of a [`Db::write`] and its commit, only SQL is awaited. The transaction runs again if the database reports
//! a conflict (a deadlock, a failed certification on Galera), and SQLite has only one writer.

mod alone;
mod durability;
mod failure;
mod fitness;
mod foreign;
mod gather;
mod gathered;
mod link;
mod load;
mod mysql;
mod retry;
mod snapshot;
mod sqlite;
mod sqlite_file;
mod sqlite_open;
mod sqlite_statement;
mod sqlite_writer;
mod value;
mod wal;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

pub use self::link::{Conn, Ended, STATEMENT_TARGET, Tx};
pub(super) use self::{
    gather::{Answers, Gather},
    link::{Inserted, Updated},
    value::{Param, Row},
};
use self::{link::Link, retry::Retries, sqlite_open::sqlite_path};
use crate::{Error, Result, model::Rng};

/// The longest wait for a lock of another program, which is also the longest wait for the answer of a silent server.
pub const LOCK_WAIT: Duration = Duration::from_secs(5);

/// The address and the limits of the database.
pub struct DbOptions {
    /// `sqlite:PATH` or `mysql://…`; contains a secret.
    pub url: String,
    /// The maximum number of connections (MySQL) or readers (SQLite).
    pub connections: usize,
    /// The maximum time of a read or a transaction, including the wait for a connection.
    pub timeout: Duration,
}

/// The database.
pub struct Db {
    engine: Engine,
    timeout: Duration,
    rng: Rng,
    schema_is_ready: AtomicBool,
    is_held: AtomicBool,
    /// The secrets file that shows that the SQLite database was in use, so it must have its tables.
    used_with: Option<PathBuf>,
}

enum Engine {
    Sqlite(sqlite::Pool),
    MySql(Arc<mysql::HostPool>),
}

/// The engine of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    Sqlite,
    MySql,
}

impl Db {
    /// Opens the database. An SQLite file is opened now. A MySQL server is contacted at the first use, so it may start
    /// later.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the URL or the file cannot be used.
    pub fn open(options: &DbOptions, rng: Rng) -> Result<Self> {
        Self::open_used(options, rng, None)
    }

    /// Opens the database as [`Db::open`] does. If the secrets file at `used_with` shows that it was in use, an SQLite
    /// file that is missing, empty or without tables is rejected.
    ///
    /// # Errors
    /// Returns the errors of [`Db::open`], and [`Error::Config`] if the database would begin again.
    pub fn open_used(options: &DbOptions, rng: Rng, used_with: Option<&Path>) -> Result<Self> {
        let engine = match options.url.strip_prefix("sqlite:") {
            Some(path) => Engine::Sqlite(sqlite::Pool::open(sqlite_path(path)?, options.connections, used_with)?),
            None => Engine::MySql(mysql::pool(&options.url, mysql::Usage::Own, options.connections)?),
        };
        let used_with = used_with.filter(|_| matches!(engine, Engine::Sqlite(_))).map(Path::to_owned);
        Ok(Self::of(engine, options, rng, used_with))
    }

    fn of(engine: Engine, options: &DbOptions, rng: Rng, used_with: Option<PathBuf>) -> Self {
        let (schema_is_ready, is_held) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { engine, timeout: options.timeout, rng, schema_is_ready, is_held, used_with }
    }

    /// Opens a database that Doorward does not own: the legacy database. Its schema is not checked or changed. Only
    /// [`Db::write`] writes to it, and only if `is_written`.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the URL cannot be used, or if an SQLite file is missing or cannot be used.
    pub fn open_foreign(options: &DbOptions, rng: Rng, is_written: bool) -> Result<Self> {
        let engine = match options.url.strip_prefix("sqlite:") {
            Some(path) => {
                let (path, wait) = (sqlite_path(path)?, options.timeout.min(LOCK_WAIT));
                Engine::Sqlite(match is_written {
                    true => sqlite::Pool::open_shared(path, options.connections, wait)?,
                    false => sqlite::Pool::open_foreign(path, options.connections, wait)?,
                })
            }
            None => {
                let usage = if is_written { mysql::Usage::ForeignWritten } else { mysql::Usage::ForeignRead };
                Engine::MySql(mysql::pool(&options.url, usage, options.connections)?)
            }
        };
        let db = Self::of(engine, options, rng, None);
        db.declare_schema_ready();
        Ok(db)
    }

    /// Checks the form of `url`, without access to the file or the server.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the URL is invalid. The message contains no value of the URL.
    pub fn check_url(url: &str) -> Result<()> {
        match url.strip_prefix("sqlite:") {
            Some(path) => sqlite_path(path).map(drop),
            None => mysql::hosts(url).map(drop),
        }
    }

    /// Returns whether the SQLite file exists; true for a server. [`Db::open`] would create a missing file.
    #[must_use]
    pub fn is_there(url: &str) -> bool {
        url.strip_prefix("sqlite:").is_none_or(|path| sqlite_path(path).is_ok_and(Path::exists))
    }

    /// Returns the engine, for [`super::dialect`] and for messages.
    #[must_use]
    pub fn kind(&self) -> EngineKind {
        match self.engine {
            Engine::Sqlite(_) => EngineKind::Sqlite,
            Engine::MySql(_) => EngineKind::MySql,
        }
    }

    /// Declares that the schema is the expected one. Before that, [`Db::read`] and [`Db::write`] fail.
    pub(super) fn declare_schema_ready(&self) {
        self.schema_is_ready.store(true, Ordering::Release);
    }

    /// Keeps the database closed until [`Db::release`], even if its schema is ready. The caller releases it when this
    /// node may use it.
    pub fn hold(&self) {
        self.is_held.store(true, Ordering::Release);
    }

    /// Ends [`Db::hold`].
    pub fn release(&self) {
        self.is_held.store(false, Ordering::Release);
    }

    /// Returns whether the schema is the expected one and [`Db::hold`] does not keep the database closed.
    #[must_use]
    pub fn is_schema_ready(&self) -> bool {
        self.schema_is_ready.load(Ordering::Acquire) && !self.is_held.load(Ordering::Acquire)
    }

    /// Returns a connection for reading.
    ///
    /// # Errors
    /// Returns [`Error::Unavailable`] if the database is closed, or no connection is free in time. Returns another
    /// error if the database fails.
    pub async fn read(&self) -> Result<Conn> {
        self.require_schema()?;
        self.connect(Some(self.timeout)).await
    }

    /// Runs `work` in a transaction. After a conflict, all of `work` runs again after a random pause, at most three
    /// times. `work` must end with [`Tx::commit`] or [`Tx::roll_back`].
    ///
    /// # Errors
    /// Returns the errors of `work`, [`Error::Unavailable`], or [`Error::Conflict`] after the last retry. After an
    /// error of the commit itself that is not a conflict, the commit may have succeeded.
    pub async fn write<T, F>(&self, work: impl Fn(Tx) -> F) -> Result<T>
    where
        F: Future<Output = Result<Ended<T>>>,
    {
        self.require_schema()?;
        self.write_within(Some(self.timeout), work).await
    }

    /// Runs `work` as [`Db::write`] does, without a time limit and also before the schema is ready. It is for the
    /// migrations, and for the checks of whether this node may use the database.
    ///
    /// # Errors
    /// Returns the errors of [`Db::write`].
    pub async fn write_unhurried<T, F>(&self, work: impl Fn(Tx) -> F) -> Result<T>
    where
        F: Future<Output = Result<Ended<T>>>,
    {
        self.write_within(None, work).await
    }

    /// Returns a connection for reading, also before the schema is ready. It is for the migrations and the status
    /// checks.
    pub(super) async fn connect(&self, limit: Option<Duration>) -> Result<Conn> {
        let deadline = limit.map(|limit| Instant::now() + limit);
        match &self.engine {
            Engine::Sqlite(pool) => Ok(Conn(Link::Sqlite(pool.reader(deadline).await?))),
            Engine::MySql(pool) => Ok(Conn(Link::MySql(mysql::MySqlLink::from_pool(pool, deadline).await?))),
        }
    }

    /// Runs `work` as [`Db::write_unhurried`] does, within `limit`.
    pub(super) async fn write_within<T, F>(&self, limit: Option<Duration>, work: impl Fn(Tx) -> F) -> Result<T>
    where
        F: Future<Output = Result<Ended<T>>>,
    {
        let mut retries = Retries::new(limit.map(|limit| Instant::now() + limit), self.has_choice());
        loop {
            let is_committing = Arc::new(AtomicBool::new(false));
            let attempt = async { work(self.begin(retries.deadline, Arc::clone(&is_committing)).await?).await };
            match attempt.await {
                Ok(Ended(value)) => return Ok(value),
                Err(error) => retries.prepare(error, is_committing.load(Ordering::Relaxed), &self.rng).await?,
            }
        }
    }

    async fn begin(&self, deadline: Option<Instant>, is_committing: Arc<AtomicBool>) -> Result<Tx> {
        let conn = match &self.engine {
            Engine::Sqlite(pool) => {
                let lent = pool.writer(deadline).await?;
                lent.as_writer()?.begin()?;
                Conn(Link::Sqlite(lent))
            }
            Engine::MySql(pool) => {
                let mut lent = mysql::MySqlLink::from_pool(pool, deadline).await?;
                lent.begin().await?;
                Conn(Link::MySql(lent))
            }
        };
        Ok(Tx { conn, is_committing, marker: None })
    }

    fn require_schema(&self) -> Result<()> {
        if self.is_schema_ready() { Ok(()) } else { Err(Error::Unavailable("it is not checked yet".to_owned())) }
    }
}
