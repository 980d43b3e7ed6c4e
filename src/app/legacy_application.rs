//! Access to the legacy table: its database and its configuration.
//!
//! Invariant: the database is opened for writing only if passwords are written back.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use url::Url;

use crate::{
    Error, Result,
    config::{Config, LegacyDatabase},
    model::{LegacyTableNames, Rng, RoleValues, urls_of_hosts},
    store::{
        Db, DbOptions,
        legacy_table::{self, LegacyTable, TableSearch},
    },
};

/// The result of the check of the legacy table, which the server makes when the legacy database answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LegacyLink {
    /// The legacy database has not answered yet.
    #[default]
    Unchecked,
    /// The table is fit for the configured use.
    Fit,
    /// The table is not fit, for this reason.
    Refused(String),
}

/// The legacy application of this process.
pub struct LegacyApplication {
    /// `None` if the legacy table is in Doorward's own database.
    db: Option<Db>,
    names: LegacyTableNames,
    table: Mutex<Option<&'static LegacyTable>>,
    is_key_checked: AtomicBool,
    link: Mutex<LegacyLink>,
    /// Whether sign-ups and password changes are written to its table.
    pub write_back: bool,
}

impl LegacyApplication {
    /// Opens the legacy application in `config`; `None` if it is not configured.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the URL or file of its database is unusable.
    pub fn open(config: &Config, rng: &Rng) -> Result<Option<Self>> {
        let adopt = &config.adopt;
        let Some(from) = &adopt.from else { return Ok(None) };
        let db = match from {
            LegacyDatabase::Same => None,
            LegacyDatabase::Export(_) => Some(open_staged(config, rng)?),
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
        let mut names = adopt.table.clone();
        if matches!(from, LegacyDatabase::Export(_)) {
            // For a file, the configured table is the model of its users.
            names.table = None;
        }
        let is_key_checked = AtomicBool::new(false);
        let link = Mutex::default();
        Ok(Some(Self { db, names, table: Mutex::default(), is_key_checked, link, write_back: adopt.write_back }))
    }

    /// Returns the legacy database, which may be `own`, Doorward's own.
    #[must_use]
    pub fn db<'a>(&'a self, own: &'a Db) -> &'a Db {
        self.db.as_ref().unwrap_or(own)
    }

    /// Returns the legacy database, unless it is Doorward's own.
    #[must_use]
    pub fn other_db(&self) -> Option<&Db> {
        self.db.as_ref()
    }

    /// Returns whether the legacy table is in Doorward's own database.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.db.is_none()
    }

    /// Returns the name of the legacy table and its database. The same URL always gives the same name.
    #[must_use]
    pub fn place(&self, config: &Config, table: &LegacyTable) -> String {
        if let Some(LegacyDatabase::Export(file)) = &config.adopt.from {
            return shortened(&file.place());
        }
        let url = match &config.adopt.from {
            Some(LegacyDatabase::Url(url)) if !self.is_same() => url,
            _ => &config.database.url,
        };
        let database = match url.strip_prefix("sqlite:") {
            Some(path) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                std::fs::canonicalize(path).map_or_else(|_| path.to_owned(), |path| path.display().to_string())
            }
            // The first host names the table, so it must stay the first.
            None => Url::parse(urls_of_hosts(url).first().map_or("", String::as_str)).map_or_else(
                |_| String::new(),
                |url| format!("{}:{}{}", url.host_str().unwrap_or_default(), url.port().unwrap_or(3306), url.path()),
            ),
        };
        shortened(&format!("{} in {database}", table.name))
    }

    /// Returns the operator's roles for the values of the role column.
    #[must_use]
    pub fn role_values(&self) -> &RoleValues {
        &self.names.role_values
    }

    /// Returns the legacy table, which is searched once.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the table does not exist or is not a table of users, and another error if the
    /// database fails.
    pub async fn table(&self, own: &Db) -> Result<&'static LegacyTable> {
        let known = *self.table.lock().unwrap_or_else(PoisonError::into_inner);
        match known {
            Some(table) => Ok(table),
            None => self.search(own).await,
        }
    }

    /// Searches for the legacy table, whose columns may have changed.
    ///
    /// # Errors
    /// Returns the errors of [`LegacyApplication::table`].
    pub async fn search(&self, own: &Db) -> Result<&'static LegacyTable> {
        let found = match legacy_table::find(self.db(own), &self.names).await? {
            TableSearch::Found(table) => table,
            other => return Err(Error::Config(self.not_found(other))),
        };
        let mut held = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        match *held {
            Some(known) if *known == *found => Ok(known),
            // A table is kept until the process ends, as its statements are. Its columns hardly ever change.
            _ => Ok(held.insert(Box::leak(found))),
        }
    }

    /// Returns the result of the last check.
    #[must_use]
    pub fn link(&self) -> LegacyLink {
        self.link.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records the result of a check. Returns whether it has changed.
    pub fn set_link(&self, link: LegacyLink) -> bool {
        let mut held = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *held, link.clone()) != link
    }

    /// Returns whether the fingerprint key was found to match the adopted users.
    #[must_use]
    pub fn is_key_checked(&self) -> bool {
        self.is_key_checked.load(Ordering::Acquire)
    }

    /// Records that the fingerprint key matches.
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
            TableSearch::NoHashColumn { table, column, has } => format!(
                "`adopt.columns`: the table {table} has no column {column}, which belongs to the hashes; it has {}",
                has.join(", ")
            ),
            TableSearch::Found(table) => table.name,
        }
    }
}

/// Shortens the name of a place, because its column limits the length. The end is more specific than the beginning.
fn shortened(place: &str) -> String {
    let skipped = place.chars().count().saturating_sub(200);
    place.chars().skip(skipped).collect()
}

/// Opens the temporary table of an export, which only the commands fill.
fn open_staged(config: &Config, rng: &Rng) -> Result<Db> {
    let Some(url) = &config.adopt.staged else {
        let message = "`adopt.from`: is a file, which `doorward adopt run --from` imports; a server synchronises with a \
                       database";
        return Err(Error::Config(message.to_owned()));
    };
    let database = &config.database;
    let options = DbOptions { url: url.clone(), connections: database.connections, timeout: database.timeout };
    Db::open_foreign(&options, rng.clone(), false)
}

/// Replaces the configuration key in an error of the store by the key of the legacy database.
fn of_old(error: Error) -> Error {
    match error {
        Error::Config(message) => Error::Config(message.replace("`database.url`", "`adopt.from`")),
        error => error,
    }
}

/// Returns whether both URLs name one SQLite file: a process must not take its write lock twice.
fn is_same_file(url: &str, own: &str) -> bool {
    let file = |url: &str| {
        let path = url.strip_prefix("sqlite:")?;
        std::fs::canonicalize(path.strip_prefix("//").unwrap_or(path)).ok()
    };
    file(url).is_some_and(|there| file(own) == Some(there))
}
