//! The way to the old application's table: its database, and what the operator said of the table.
//!
//! Invariant: the database is opened for writing only when passwords are to be written back.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::OnceCell;
use url::Url;

use crate::{
    Error, Result,
    config::{Config, LegacyDatabase},
    model::{LegacyTableNames, Rng},
    store::{
        Db, DbOptions,
        legacy_table::{self, LegacyTable, TableSearch},
    },
};

/// The old application, as far as it is known to this process.
pub struct LegacyApplication {
    /// `None` when its table is in Doorward's own database.
    db: Option<Db>,
    names: LegacyTableNames,
    table: OnceCell<LegacyTable>,
    is_key_checked: AtomicBool,
    /// Whether sign-ups and changes of passwords are written to its table.
    pub write_back: bool,
}

impl LegacyApplication {
    /// The one that `config` names, if it names one.
    ///
    /// # Errors
    /// [`Error::Config`] when its database's URL or file cannot be used.
    pub fn open(config: &Config, rng: &Rng) -> Result<Option<Self>> {
        let adopt = &config.adopt;
        let Some(from) = &adopt.from else { return Ok(None) };
        let db = match from {
            LegacyDatabase::Same => None,
            LegacyDatabase::Url(url) if is_same_file(url, &config.database.url) => None,
            LegacyDatabase::Url(url) => {
                let options = DbOptions {
                    url: url.clone(),
                    connections: config.database.connections,
                    timeout: config.database.timeout,
                };
                Some(Db::open_foreign(&options, rng.clone(), adopt.write_back).map_err(of_old)?)
            }
        };
        let names = adopt.table.clone();
        let is_key_checked = AtomicBool::new(false);
        Ok(Some(Self { db, names, table: OnceCell::new(), is_key_checked, write_back: adopt.write_back }))
    }

    /// Its database, which may be `own`, Doorward's.
    #[must_use]
    pub fn db<'a>(&'a self, own: &'a Db) -> &'a Db {
        self.db.as_ref().unwrap_or(own)
    }

    /// Its database, unless that is Doorward's.
    #[must_use]
    pub fn other_db(&self) -> Option<&Db> {
        self.db.as_ref()
    }

    /// Whether its table is in Doorward's own database.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.db.is_none()
    }

    /// Which table it is, in which database: a name that stays the same for as long as the database is reached the same way.
    #[must_use]
    pub fn place(&self, config: &Config, table: &LegacyTable) -> String {
        let url = match &config.adopt.from {
            Some(LegacyDatabase::Url(url)) if !self.is_same() => url,
            _ => &config.database.url,
        };
        let database = match url.strip_prefix("sqlite:") {
            Some(path) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                std::fs::canonicalize(path).map_or_else(|_| path.to_owned(), |path| path.display().to_string())
            }
            None => Url::parse(url).map_or_else(
                |_| String::new(),
                |url| format!("{}:{}{}", url.host_str().unwrap_or_default(), url.port().unwrap_or(3306), url.path()),
            ),
        };
        // The column holds no more; the end tells more than the beginning.
        let place = format!("{} in {database}", table.name);
        let skipped = place.chars().count().saturating_sub(200);
        place.chars().skip(skipped).collect()
    }

    /// Its table, looked for once.
    ///
    /// # Errors
    /// The database's; [`Error::Config`] when there is no such table or it is not a table of users.
    pub async fn table(&self, own: &Db) -> Result<&LegacyTable> {
        self.table
            .get_or_try_init(async || match legacy_table::find(self.db(own), &self.names).await? {
                TableSearch::Found(table) => Ok(*table),
                other => Err(Error::Config(self.not_found(other))),
            })
            .await
    }

    /// Whether the key of the fingerprints was found to be the one that users were adopted with.
    #[must_use]
    pub fn is_key_checked(&self) -> bool {
        self.is_key_checked.load(Ordering::Acquire)
    }

    /// Says that it is.
    pub fn declare_key_checked(&self) {
        self.is_key_checked.store(true, Ordering::Release);
    }

    fn not_found(&self, search: TableSearch) -> String {
        match search {
            TableSearch::NoTable => match &self.names.table {
                Some(table) => format!("`adopt.table`: the old database has no table {table}"),
                None => "`adopt.table`: the old database has no table `users` or `user`: name it".to_owned(),
            },
            TableSearch::Several(tables) => {
                format!("`adopt.table`: which one is it? The old database has {}", tables.join(" and "))
            }
            TableSearch::NoColumn { table, column, has } => format!(
                "`adopt.columns`: the table {table} has no column for {column}; it has {}: say which, as in {column}={}",
                has.join(", "),
                has.first().map_or("name", String::as_str)
            ),
            TableSearch::NoStateColumn { table, column, has } => format!(
                "`adopt.columns`: the table {table} has no column {column}, which `disabled` names; it has {}",
                has.join(", ")
            ),
            TableSearch::IdIsNoInteger { table, column } => {
                format!("`adopt.columns`: {table}.{column} holds no whole numbers, so its users cannot be adopted")
            }
            TableSearch::Found(table) => table.name,
        }
    }
}

/// The store knows one database by its key in the configuration; here it is the other one's.
fn of_old(error: Error) -> Error {
    match error {
        Error::Config(message) => Error::Config(message.replace("`database.url`", "`adopt.from`")),
        error => error,
    }
}

/// Whether both URLs name one SQLite file, of which a process must not hold the write lock twice.
fn is_same_file(url: &str, own: &str) -> bool {
    let file = |url: &str| {
        let path = url.strip_prefix("sqlite:")?;
        std::fs::canonicalize(path.strip_prefix("//").unwrap_or(path)).ok()
    };
    file(url).is_some_and(|there| file(own) == Some(there))
}
