//! The way to the old application's table: its database, what the operator said of the table, and the fingerprints' key.
//!
//! Invariant: the database is opened for writing only when passwords are to be written back.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::OnceCell;
use url::Url;

use crate::{
    Error, Result,
    config::{Config, OldDatabase, OldTableNames},
    model::{FingerprintKey, Rng},
    store::{
        Db, DbOptions,
        old_table::{self, OldTable, Search},
    },
};

/// The old application, as far as it is known to this process.
pub struct OldApplication {
    /// `None` when its table is in Doorward's own database.
    db: Option<Db>,
    names: OldTableNames,
    table: OnceCell<OldTable>,
    key: OnceLock<FingerprintKey>,
    is_key_checked: AtomicBool,
    key_path: PathBuf,
    /// Whether sign-ups and changes of passwords are written to its table.
    pub write_back: bool,
}

impl OldApplication {
    /// The one that `config` names, if it names one.
    ///
    /// # Errors
    /// [`Error::Config`] when its database's URL or file cannot be used.
    pub fn open(config: &Config, rng: &Rng) -> Result<Option<Self>> {
        let adopt = &config.adopt;
        let Some(from) = &adopt.from else { return Ok(None) };
        let db = match from {
            OldDatabase::Same => None,
            OldDatabase::Url(url) if is_same_file(url, &config.database.url) => None,
            OldDatabase::Url(url) => {
                let options = DbOptions {
                    url: url.clone(),
                    connections: config.database.connections,
                    timeout: config.database.timeout,
                };
                Some(Db::open_foreign(&options, rng.clone(), adopt.write_back).map_err(of_old)?)
            }
        };
        let key = adopt.key.clone().map_or_else(OnceLock::new, OnceLock::from);
        let key_path = match config.database.url.strip_prefix("sqlite:") {
            Some(path) => PathBuf::from(format!("{}.adopt-key", path.strip_prefix("//").unwrap_or(path))),
            None => PathBuf::from("doorward.adopt-key"),
        };
        let names = adopt.table.clone();
        Ok(Some(Self {
            db,
            names,
            table: OnceCell::new(),
            key,
            is_key_checked: AtomicBool::new(false),
            key_path,
            write_back: adopt.write_back,
        }))
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
    pub fn place(&self, config: &Config, table: &OldTable) -> String {
        let url = match &config.adopt.from {
            Some(OldDatabase::Url(url)) if !self.is_same() => url,
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
    pub async fn table(&self, own: &Db) -> Result<&OldTable> {
        self.table
            .get_or_try_init(async || match old_table::find(self.db(own), &self.names).await? {
                Search::Found(table) => Ok(*table),
                other => Err(Error::Config(self.not_found(other))),
            })
            .await
    }

    /// The key of the fingerprints, if this process has it.
    ///
    /// # Errors
    /// [`Error::Config`] when the file that keeps it cannot be read.
    pub fn key(&self) -> Result<Option<&FingerprintKey>> {
        if self.key.get().is_none()
            && let Some(key) = read_key(&self.key_path)?
        {
            return Ok(Some(self.key.get_or_init(|| key)));
        }
        Ok(self.key.get())
    }

    /// Whether the key was found to be the one that users were adopted with.
    #[must_use]
    pub fn is_key_checked(&self) -> bool {
        self.is_key_checked.load(Ordering::Acquire)
    }

    /// Says that it is.
    pub fn declare_key_checked(&self) {
        self.is_key_checked.store(true, Ordering::Release);
    }

    /// Makes a key and writes it to its file, for its owner's eyes only, unless there is one.
    ///
    /// # Errors
    /// [`Error::Config`] when the file cannot be written.
    pub fn make_key(&self, rng: &Rng) -> Result<&FingerprintKey> {
        if self.key()?.is_none() {
            write_key(&self.key_path, &FingerprintKey::new(rng.bytes()?))?;
        }
        self.key()?.ok_or(Error::Corrupt("a key that was written and is not there"))
    }

    /// Where the key is kept, for people.
    #[must_use]
    pub fn key_path(&self) -> &Path {
        &self.key_path
    }

    fn not_found(&self, search: Search) -> String {
        match search {
            Search::NoTable => match &self.names.table {
                Some(table) => format!("`adopt.table`: the old database has no table {table}"),
                None => "`adopt.table`: the old database has no table `users` or `user`: name it".to_owned(),
            },
            Search::Several(tables) => {
                format!("`adopt.table`: which one is it? The old database has {}", tables.join(" and "))
            }
            Search::NoColumn { table, column, has } => format!(
                "`adopt.columns`: the table {table} has no column for {column}; it has {}: say which, as in {column}={}",
                has.join(", "),
                has.first().map_or("name", String::as_str)
            ),
            Search::IdIsNoInteger { table, column } => {
                format!("`adopt.columns`: {table}.{column} holds no whole numbers, so its users cannot be adopted")
            }
            Search::Found(table) => table.name,
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

fn read_key(path: &Path) -> Result<Option<FingerprintKey>> {
    match std::fs::read_to_string(path) {
        Ok(text) => match FingerprintKey::from_hex(text.trim_end()) {
            Some(key) => Ok(Some(key)),
            None => Err(Error::Config(format!("{}: holds no key of 64 hexadecimal digits", path.display()))),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::Config(format!("{}: cannot be read: {error}", path.display()))),
    }
}

/// Writes the whole file under another name first, so that nobody ever reads half a key.
fn write_key(path: &Path, key: &FingerprintKey) -> Result<()> {
    let problem = |error: std::io::Error| Error::Config(format!("{}: cannot be written: {error}", path.display()));
    let partial = PathBuf::from(format!("{}.{}", path.display(), std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&partial).map_err(problem)?;
    file.write_all(key.to_hex().as_bytes()).and_then(|()| file.sync_all()).map_err(problem)?;
    // Unlike a rename, a link leaves the key of somebody who was quicker in its place; not every file system has links.
    match std::fs::hard_link(&partial, path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            std::fs::rename(&partial, path).map_err(problem)
        }
        _ => std::fs::remove_file(&partial).map_err(problem),
    }
}
