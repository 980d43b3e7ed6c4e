//! The application: what every operation works with, as plain fields.

mod legacy_application;
mod rate_limit;
mod secrets;
mod upgrades;

use doorward_password::{Hasher, Salt};

pub use self::{
    legacy_application::LegacyApplication,
    rate_limit::{AddressRateLimits, Admission, ProbableProxy},
    secrets::{KeyRing, Missing, NotChanged, Purpose, Secrets, SecretsDocument, SecretsFile, Versions, peppers_of},
    upgrades::{Upgrade, Upgrades},
};
use crate::{
    Error, Result,
    config::Config,
    model::{Clock, Rng},
    store::{Db, DbOptions},
};

/// One process's state. Nothing that must outlive the process is kept here: nodes are alike and hold no sessions.
pub struct App {
    pub config: Config,
    pub db: Db,
    pub clock: Clock,
    pub rng: Rng,
    pub hasher: Hasher,
    pub secrets: Secrets,
    /// Limits by client address.
    pub rate_limits: AddressRateLimits,
    /// Stored hashes to be made anew.
    pub upgrades: Upgrades,
    /// The application whose place Doorward takes, while it is still there.
    pub legacy: Option<LegacyApplication>,
}

impl App {
    /// Opens the database and starts the hashing threads. The schema is checked or made by [`crate::store::migrate`].
    ///
    /// # Errors
    /// [`Error::Config`] when the database's URL or file cannot be used; [`Error::System`].
    pub fn new(config: Config, secrets: Secrets, clock: Clock, rng: Rng) -> Result<Self> {
        let options = DbOptions {
            url: config.database.url.clone(),
            connections: config.database.connections,
            timeout: config.database.timeout,
        };
        let db = Db::open(&options, rng.clone())?;
        let decoy = (Salt(rng.bytes()?), rng.bytes()?);
        let hashing = &config.hashing;
        let hasher = Hasher::start(hashing.settings, hashing.pool, hashing.max_wait, decoy)
            .map_err(|problem| Error::system("hashing", problem))?
            .peppered(secrets.peppers());
        let legacy = LegacyApplication::open(&config, &rng)?;
        let rate_limits = AddressRateLimits::new(&config, &clock, &rng)?;
        Ok(Self { config, db, clock, rng, hasher, secrets, rate_limits, upgrades: Upgrades::default(), legacy })
    }
}
