//! The database: one set of verbs over two engines. This module alone knows that there are two.
//!
//! A read takes a [`Conn`] and a write a [`Tx`], so a write outside a transaction does not compile. Invariant: between
//! the start of a [`Db::write`] and its commit only SQL is awaited, because the whole of it is run again when the
//! database reports a conflict (a deadlock, a failed certification on Galera), and because SQLite has one writer.

mod failure;
mod link;
mod mysql;
mod snapshot;
mod sqlite;
mod value;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use self::link::Link;
pub use self::link::{Conn, Ended, STATEMENT_TARGET, Tx};
pub(super) use self::{
    link::{Inserted, Updated},
    value::{Param, Row},
};
use crate::{Error, Result, model::Rng};

/// How often a transaction is tried again when it meets a conflict.
const RETRIES: u32 = 3;

/// How to reach the database, and how hard to try.
pub struct DbOptions {
    /// `sqlite:PATH` or `mysql://…`; holds a secret.
    pub url: String,
    /// Connections at most (MySQL), readers at most (SQLite).
    pub connections: usize,
    /// How long one piece of work may take, waiting for a connection included.
    pub timeout: Duration,
}

/// The database.
pub struct Db {
    engine: Engine,
    timeout: Duration,
    rng: Rng,
    schema_is_ready: AtomicBool,
    is_held: AtomicBool,
}

enum Engine {
    Sqlite(sqlite::Pool),
    MySql(mysql_async::Pool),
}

/// Which of the two engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    Sqlite,
    MySql,
}

impl Db {
    /// Opens the database. SQLite's file is opened now; a MySQL server is first called upon when it is needed, so that it
    /// may come up later.
    ///
    /// # Errors
    /// [`Error::Config`] when the URL or the file cannot be used.
    pub fn open(options: &DbOptions, rng: Rng) -> Result<Self> {
        let engine = match options.url.strip_prefix("sqlite:") {
            Some(path) => Engine::Sqlite(sqlite::Pool::open(sqlite_path(path)?, options.connections)?),
            None => Engine::MySql(mysql::pool(&options.url, options.connections)?),
        };
        Ok(Self {
            engine,
            timeout: options.timeout,
            rng,
            schema_is_ready: AtomicBool::new(false),
            is_held: AtomicBool::new(false),
        })
    }

    /// Opens somebody else's database, which has no schema of ours and is left as it is. It is written only by
    /// [`Db::write`], and only if `is_written`.
    ///
    /// # Errors
    /// As [`Db::open`]; and when an SQLite file is not there.
    pub fn open_foreign(options: &DbOptions, rng: Rng, is_written: bool) -> Result<Self> {
        let engine = match options.url.strip_prefix("sqlite:") {
            Some(path) => {
                Engine::Sqlite(sqlite::Pool::open_foreign(sqlite_path(path)?, options.connections, is_written)?)
            }
            None => Engine::MySql(mysql::pool(&options.url, options.connections)?),
        };
        Ok(Self {
            engine,
            timeout: options.timeout,
            rng,
            schema_is_ready: AtomicBool::new(true),
            is_held: AtomicBool::new(false),
        })
    }

    /// Whether `url` can be used, as far as can be told without a look at the file or the server.
    ///
    /// # Errors
    /// [`Error::Config`], without any value of the URL.
    pub fn check_url(url: &str) -> Result<()> {
        match url.strip_prefix("sqlite:") {
            Some(path) => sqlite_path(path).map(drop),
            None => mysql::options(url).map(drop),
        }
    }

    /// Whether there is anything to look at: a file that is not there would be made by [`Db::open`].
    #[must_use]
    pub fn is_there(url: &str) -> bool {
        url.strip_prefix("sqlite:").is_none_or(|path| sqlite_path(path).is_ok_and(Path::exists))
    }

    /// Which engine this is, for [`super::dialect`] and for people.
    #[must_use]
    pub fn kind(&self) -> EngineKind {
        match self.engine {
            Engine::Sqlite(_) => EngineKind::Sqlite,
            Engine::MySql(_) => EngineKind::MySql,
        }
    }

    /// Says that the schema is what this program expects. Before that, [`Db::read`] and [`Db::write`] refuse.
    pub(super) fn declare_schema_ready(&self) {
        self.schema_is_ready.store(true, Ordering::Release);
    }

    /// Keeps the database closed, whatever its schema: until [`Db::release`], when it is known that this node may use it.
    pub fn hold(&self) {
        self.is_held.store(true, Ordering::Release);
    }

    /// Ends [`Db::hold`].
    pub fn release(&self) {
        self.is_held.store(false, Ordering::Release);
    }

    /// Whether the schema was found to be what this program expects, and nothing else keeps the database closed.
    #[must_use]
    pub fn is_schema_ready(&self) -> bool {
        self.schema_is_ready.load(Ordering::Acquire) && !self.is_held.load(Ordering::Acquire)
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn read(&self) -> Result<Conn> {
        self.require_schema()?;
        self.connect(Some(self.timeout)).await
    }

    /// Runs `work` in a transaction, and the whole of it again, up to three times and after a random pause, when the
    /// database reports a conflict. `work` ends with [`Tx::commit`] or [`Tx::roll_back`].
    ///
    /// # Errors
    /// What `work` returned, [`Error::Unavailable`], or [`Error::Conflict`] when it went on. After an error at the commit
    /// itself that is not a conflict, it is not known whether the work was done.
    pub async fn write<T, F>(&self, work: impl Fn(Tx) -> F) -> Result<T>
    where
        F: Future<Output = Result<Ended<T>>>,
    {
        self.require_schema()?;
        self.write_within(Some(self.timeout), work).await
    }

    /// As [`Db::write`], without its time limit and before the schema is ready: for the migrations, and for what decides
    /// whether this node may use the database.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub async fn write_unhurried<T, F>(&self, work: impl Fn(Tx) -> F) -> Result<T>
    where
        F: Future<Output = Result<Ended<T>>>,
    {
        self.write_within(None, work).await
    }

    /// As [`Db::read`], before the schema is ready: for the migrations and for those who ask how the database is.
    pub(super) async fn connect(&self, limit: Option<Duration>) -> Result<Conn> {
        let deadline = limit.map(|limit| Instant::now() + limit);
        match &self.engine {
            Engine::Sqlite(pool) => Ok(Conn(Link::Sqlite(pool.reader(deadline).await?))),
            Engine::MySql(pool) => Ok(Conn(Link::MySql(mysql::Lent::from_pool(pool, deadline).await?))),
        }
    }

    async fn write_within<T, F>(&self, limit: Option<Duration>, work: impl Fn(Tx) -> F) -> Result<T>
    where
        F: Future<Output = Result<Ended<T>>>,
    {
        let deadline = limit.map(|limit| Instant::now() + limit);
        let mut tries = 0;
        let mut conflict = None;
        loop {
            let is_committing = Arc::new(AtomicBool::new(false));
            let attempt = async { work(self.begin(deadline, Arc::clone(&is_committing)).await?).await };
            match attempt.await {
                Ok(Ended(value)) => return Ok(value),
                Err(error @ Error::Conflict(_))
                    if tries < RETRIES && deadline.is_none_or(|end| Instant::now() < end) =>
                {
                    tries += 1;
                    conflict = Some(error);
                    self.pause(tries).await?;
                }
                // The deadline has cut a later try short: the database is not away, the conflict went on. Not so at the
                // commit, which may have taken place.
                Err(Error::Unavailable(reason)) if !is_committing.load(Ordering::Relaxed) => {
                    return Err(conflict.unwrap_or(Error::Unavailable(reason)));
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn begin(&self, deadline: Option<Instant>, is_committing: Arc<AtomicBool>) -> Result<Tx> {
        let conn = match &self.engine {
            Engine::Sqlite(pool) => {
                let lent = pool.writer(deadline).await?;
                // IMMEDIATE takes the write lock now: a transaction that reads first and writes later could find that it
                // read what is no longer so.
                sqlite::execute_aside(lent.for_writing()?, "BEGIN IMMEDIATE")?;
                Conn(Link::Sqlite(lent))
            }
            Engine::MySql(pool) => {
                let mut lent = mysql::Lent::from_pool(pool, deadline).await?;
                lent.begin().await?;
                Conn(Link::MySql(lent))
            }
        };
        Ok(Tx { conn, is_open: true, is_committing })
    }

    /// Some milliseconds, more at each try and never the same on two nodes, so that they do not collide again.
    async fn pause(&self, tries: u32) -> Result<()> {
        let [random] = self.rng.bytes()?;
        tokio::time::sleep(Duration::from_millis(u64::from(random % 8 + 1) * 2_u64.pow(tries))).await;
        Ok(())
    }

    fn require_schema(&self) -> Result<()> {
        if self.is_schema_ready() { Ok(()) } else { Err(Error::Unavailable("it has not been checked yet".to_owned())) }
    }
}

/// The file that is meant by what follows `sqlite:`.
fn sqlite_path(path: &str) -> Result<&Path> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with(":memory:") || path.contains(['?', '#']) {
        return Err(Error::Config("`database.url`: give a file, as in sqlite:doorward.db".to_owned()));
    }
    Ok(Path::new(path))
}
