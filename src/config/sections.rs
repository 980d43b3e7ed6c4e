//! The sections of the configuration as validated values, one struct each.

use std::{fmt, num::NonZeroUsize, time::Duration};

use doorward_password::{HashPoolSize, Settings, Strength};

use super::{
    database_url::{accepted_url, redacted},
    values::RawValues,
};
use crate::{
    Result,
    model::{PasswordPolicy, SessionLimits, SessionRules},
};

const MINUTE: Duration = Duration::from_secs(60);
pub(super) const DAY: Duration = Duration::from_secs(86_400);

/// `[database]`
#[derive(Clone)]
pub struct Database {
    /// Contains a secret.
    pub url: String,
    pub connections: usize,
    pub timeout: Duration,
    /// Whether to migrate at start.
    pub migrate: bool,
}

/// `[hashing]`
#[derive(Debug, Clone, Copy)]
pub struct Hashing {
    /// The settings of new hashes.
    pub settings: Settings,
    pub argon2id: Settings,
    pub pbkdf2: Settings,
    pub bcrypt: Settings,
    pub pool: HashPoolSize,
    pub max_wait: Duration,
}

/// `[compat]`
#[derive(Debug, Clone)]
pub struct Compat {
    pub enabled: bool,
    pub login: Login,
    pub password_policy: PasswordPolicy,
}

/// The contract that `POST /login` implements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    SignupLogin,
    UserCrud,
}

/// `[log]`
#[derive(Debug, Clone, Copy)]
pub struct Log {
    pub level: tracing::Level,
    pub format: LogFormat,
}

/// The format of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl Database {
    pub(super) fn new(values: &RawValues) -> Result<Self> {
        let url = accepted_url(values, "database.url")?;
        let connections = values.number("database.connections", 1..=1000)?;
        Ok(Self {
            url,
            connections: usize::try_from(connections).unwrap_or(1),
            timeout: values.duration("database.timeout", Duration::from_millis(50)..=MINUTE)?,
            migrate: values.boolean("database.migrate")?,
        })
    }

    /// Returns the URL without its password and parameters, for display.
    #[must_use]
    pub fn shown(&self) -> String {
        redacted(&self.url)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Database").field("url", &self.shown()).finish_non_exhaustive()
    }
}

impl Hashing {
    /// Validates raw values of this section alone.
    ///
    /// # Errors
    /// Returns [`crate::Error::Config`] for the first invalid value.
    pub fn new(values: &RawValues) -> Result<Self> {
        let any = 1..=u32::MAX;
        let argon2id = Settings::Argon2id {
            memory_kib: values.number("hashing.argon2_memory_kib", any.clone())?,
            iterations: values.number("hashing.argon2_iterations", any.clone())?,
            parallelism: values.number("hashing.argon2_parallelism", any.clone())?,
        };
        let pbkdf2 = Settings::Pbkdf2Sha256 { iterations: values.number("hashing.pbkdf2_iterations", any.clone())? };
        let bcrypt = Settings::Bcrypt { cost: values.number("hashing.bcrypt_cost", any)? };
        // All three are checked, so an invalid value is found before an operator selects its scheme.
        for (settings, prefix) in [(argon2id, "argon2"), (pbkdf2, "pbkdf2"), (bcrypt, "bcrypt")] {
            settings
                .check()
                .map_err(|problem| values.problem(&format!("hashing.{prefix}_{}", problem.name), &problem))?;
        }
        let settings = values.choice("hashing.scheme", |word| match word {
            "argon2id" => Some(argon2id),
            "pbkdf2-sha256" => Some(pbkdf2),
            "bcrypt" => Some(bcrypt),
            _ => None,
        })?;
        let threads = usize::try_from(values.number("hashing.threads", 0..=256)?).unwrap_or(0);
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let threads = NonZeroUsize::new(threads).unwrap_or_else(cores);
        Ok(Self {
            settings,
            argon2id,
            pbkdf2,
            bcrypt,
            pool: HashPoolSize { threads, keep_kib: settings.memory_kib() },
            max_wait: values.duration("hashing.max_wait", Duration::from_millis(1)..=MINUTE)?,
        })
    }
}

impl Hashing {
    /// Returns what an operator should know about the settings of new hashes, if they are below the recommendation.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let strength = self.settings.strength();
        let is_enough = matches!(strength, Strength::Strong(_));
        (!is_enough).then(|| {
            format!(
                "new password hashes are {}: {} has {}, {}; see `doorward hash calibrate`",
                strength.word(),
                self.settings.scheme(),
                self.settings.cost(),
                strength.reason()
            )
        })
    }
}

pub(super) fn session_rules(values: &RawValues) -> Result<SessionRules> {
    let limits = |idle_path: &str, absolute_path: &str| {
        let idle = values.duration(idle_path, MINUTE..=DAY * 365)?;
        let absolute = values.duration(absolute_path, MINUTE..=DAY * 365)?;
        if idle > absolute {
            return Err(values.problem(idle_path, format!("must not be longer than `{absolute_path}`")));
        }
        Ok(SessionLimits { idle, absolute })
    };
    Ok(SessionRules {
        users: limits("session.idle_timeout", "session.absolute_timeout")?,
        administrators: limits("session.admin_idle_timeout", "session.admin_absolute_timeout")?,
    })
}

impl Compat {
    pub(super) fn new(values: &RawValues, policy: &PasswordPolicy) -> Result<Self> {
        Ok(Self {
            enabled: values.boolean("compat.enabled")?,
            login: values.choice("compat.login", |word| match word {
                "signup-login" => Some(Login::SignupLogin),
                "user-crud" => Some(Login::UserCrud),
                _ => None,
            })?,
            password_policy: values.choice("compat.password_policy", |word| match word {
                "accept" => Some(PasswordPolicy::Accept),
                "enforce" => Some(policy.clone()),
                _ => None,
            })?,
        })
    }
}

impl Login {
    /// Returns the word in the configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::SignupLogin => "signup-login",
            Self::UserCrud => "user-crud",
        }
    }
}

impl Log {
    pub(super) fn new(values: &RawValues) -> Result<Self> {
        Ok(Self {
            level: values.choice("log.level", |word| word.parse().ok())?,
            format: values.choice("log.format", |word| match word {
                "text" => Some(LogFormat::Text),
                "json" => Some(LogFormat::Json),
                _ => None,
            })?,
        })
    }
}
