//! Configuration: turns a file, the environment and flags into validated values.
//!
//! Flags override the environment, which overrides the file, which overrides the defaults. Invariant: a [`Config`] is
//! valid. Any mistake stops the start with a message that names the key and never its value.

mod adopt;
mod audit;
mod database_url;
mod keys;
mod password;
mod sections;
mod server;
mod values;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

pub use self::{
    adopt::{Adopt, LegacyDatabase},
    database_url::{SAME, redacted},
    keys::{KEYS, Key, KeyType, reference, variable},
    password::LEAST_MIN_LENGTH,
    sections::{Compat, Database, Hashing, Log, LogFormat, Login},
    server::{PublicUrl, Server, TlsFiles},
    values::{Inputs, Origin, RawValue, RawValues},
};
use crate::{
    Error, Result,
    model::{PasswordPolicy, ReservedNames, SessionRules},
};

/// The file that is read by default, if it exists.
pub const DEFAULT_FILE: &str = "doorward.toml";

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    /// The policy of the section `password`.
    pub password: PasswordPolicy,
    pub hashing: Hashing,
    pub session: SessionRules,
    pub signup_enabled: bool,
    /// Names that users may not choose.
    pub reserved_names: ReservedNames,
    /// Whether password guessing is throttled; false for benchmarks only.
    pub throttle_enabled: bool,
    /// The secrets file; `None` for the default place, next to the database.
    pub secrets_file: Option<PathBuf>,
    pub compat: Compat,
    pub adopt: Adopt,
    /// The retention of audit events; `None` for ever.
    pub audit_retention: Option<Duration>,
    pub log: Log,
}

/// The flags that all commands accept.
#[derive(Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub database_url: Option<String>,
    pub listen: Option<String>,
    /// `--from`, `--table` and `--columns` of `doorward adopt`.
    pub adopt: [Option<String>; 3],
}

impl Config {
    /// Validates raw values.
    ///
    /// # Errors
    /// [`Error::Config`] for the first invalid value.
    pub fn new(values: &RawValues) -> Result<Self> {
        let server = Server::new(values)?;
        let password = password::policy(values, server.public_url.as_ref())?;
        Ok(Self {
            server,
            database: Database::new(values)?,
            compat: Compat::new(values, &password)?,
            password,
            hashing: Hashing::new(values)?,
            session: sections::session_rules(values)?,
            signup_enabled: values.boolean("signup.enabled")?,
            reserved_names: reserved_names(values)?,
            throttle_enabled: values.boolean("throttle.enabled")?,
            secrets_file: Some(values.text("secrets.path")?).filter(|path| !path.is_empty()).map(PathBuf::from),
            adopt: Adopt::new(values)?,
            audit_retention: audit::retention(values)?,
            log: Log::new(values)?,
        })
    }
}

fn reserved_names(values: &RawValues) -> Result<ReservedNames> {
    let path = "signup.reserved_names";
    ReservedNames::new(values.list(path)?).map_err(|_| values.problem(path, "has an entry that could be nobody's name"))
}

/// Reads the file, the environment and the flags of this process.
///
/// # Errors
/// [`Error::Config`].
pub fn read(flags: &Flags) -> Result<RawValues> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        if name.starts_with("DOORWARD_") || name.starts_with("DATABASE_URL") {
            let value = value.into_string().map_err(|_| Error::Config(format!("{name}: not valid UTF-8")))?;
            variables.push((name, value));
        }
    }
    let named = variables.iter().find(|(name, _)| name == "DOORWARD_CONFIG").map(|(_, path)| PathBuf::from(path));
    let path = flags.config.clone().or(named);
    let must_exist = path.is_some();
    let path = path.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let file = read_file(&path, must_exist)?.map(|text| (path.as_path(), text));
    let [from, table, columns] = &flags.adopt;
    let flags = [
        ("database.url", "--database-url", &flags.database_url),
        ("server.listen", "--listen", &flags.listen),
        ("adopt.from", "--from", from),
        ("adopt.table", "--table", table),
        ("adopt.columns", "--columns", columns),
    ];
    let flags = flags.into_iter().filter_map(|(key, flag, value)| Some((key, flag, value.clone()?))).collect();
    RawValues::read(Inputs { file, variables, flags })
}

fn read_file(path: &Path, must_exist: bool) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => Ok(None),
        Err(error) => Err(Error::Config(format!("{}: cannot be read: {error}", path.display()))),
    }
}
