//! Configuration: validated values from a file, the environment and flags.
//!
//! Flags override the environment, which overrides the file, which overrides the defaults. Invariant: a [`Config`] is
//! valid. Any mistake stops the start. The message names the key, and never its value.

mod adopt;
mod adopt_forms;
mod audit;
mod cookie;
mod database_url;
mod export_file;
mod files;
mod keys;
mod load;
mod metrics;
mod password;
mod public_url;
mod reference;
mod sections;
mod server;
mod url_dialects;
mod values;
mod variables;

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

pub use self::{
    adopt::{Adopt, LegacyDatabase},
    cookie::Cookies,
    database_url::{SAME, redacted},
    export_file::{ExportFile, ImportFormat, ImportLayout},
    keys::{KEYS, Key, KeyType},
    load::{DEFAULT_FILE, Flags, log_format, read},
    password::LEAST_MIN_LENGTH,
    public_url::PublicUrl,
    reference::{reference, variable},
    sections::{Compat, Database, Hashing, Log, LogFormat, Login},
    server::{Server, TlsFiles},
    values::{Inputs, Origin, RawValue, RawValues, parse_duration},
};
use crate::{
    Result,
    model::{PasswordPolicy, ReservedNames, SessionRules},
};

/// The limit of `throttle.alert_failures`.
const MOST_ALERT_FAILURES: u32 = 1_000_000;

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    /// The policy of the section `password`.
    pub password: PasswordPolicy,
    pub hashing: Hashing,
    pub session: SessionRules,
    /// The names and attributes of the cookies.
    pub cookies: Cookies,
    pub signup_enabled: bool,
    /// Names that users may not choose.
    pub reserved_names: ReservedNames,
    /// Whether password guessing is throttled; false for benchmarks only.
    pub throttle_enabled: bool,
    /// The failed logins of five minutes that are reported; `None` for no report.
    pub alert_failures: Option<NonZeroU32>,
    /// The secrets file; `None` for the default place, next to the database.
    pub secrets_file: Option<PathBuf>,
    pub compat: Compat,
    pub adopt: Adopt,
    /// The retention of audit events; `None` for ever.
    pub audit_retention: Option<Duration>,
    pub log: Log,
    /// The address of `/metrics`; `None` if there is none.
    pub metrics_listen: Option<SocketAddr>,
}

impl Config {
    /// Validates raw values.
    ///
    /// # Errors
    /// Returns [`Error::Config`] for the first invalid value.
    pub fn new(values: &RawValues) -> Result<Self> {
        let server = Server::new(values)?;
        let password = password::policy(values, server.public_url.as_ref())?;
        let cookies = Cookies::new(values, server.public_url.as_ref().is_some_and(|url| url.is_https))?;
        let metrics_listen = metrics::listen(values, server.listen)?;
        Ok(Self {
            server,
            database: Database::new(values)?,
            compat: Compat::new(values, &password)?,
            password,
            hashing: Hashing::new(values)?,
            session: sections::session_rules(values)?,
            cookies,
            signup_enabled: values.boolean("signup.enabled")?,
            reserved_names: reserved_names(values)?,
            throttle_enabled: values.boolean("throttle.enabled")?,
            alert_failures: NonZeroU32::new(values.number("throttle.alert_failures", 0..=MOST_ALERT_FAILURES)?),
            secrets_file: Some(values.text("secrets.path")?).filter(|path| !path.is_empty()).map(PathBuf::from),
            adopt: Adopt::new(values)?,
            audit_retention: audit::retention(values)?,
            log: Log::new(values)?,
            metrics_listen,
        })
    }
}

fn reserved_names(values: &RawValues) -> Result<ReservedNames> {
    let path = "signup.reserved_names";
    ReservedNames::new(values.list(path)?).map_err(|_| values.problem(path, "has an entry that is not a valid name"))
}
