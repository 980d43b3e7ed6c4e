//! The application: what every operation works with, as plain fields.

mod addresses;
mod old_application;
mod secrets;
mod upgrades;

use doorward_password::{Hasher, Salt};

pub use self::{
    addresses::{AddressLimits, Entered, ProbableProxy},
    old_application::OldApplication,
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
    pub addresses: AddressLimits,
    /// Stored hashes to be made anew.
    pub upgrades: Upgrades,
    /// The application whose place Doorward takes, while it is still there.
    pub old: Option<OldApplication>,
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
        let stand_in = (Salt(rng.bytes()?), rng.bytes()?);
        let hashing = &config.hashing;
        let hasher = Hasher::start(hashing.settings, hashing.lane, hashing.max_wait, stand_in)
            .map_err(|problem| Error::system("hashing", problem))?
            .peppered(secrets.peppers());
        let old = OldApplication::open(&config, &rng)?;
        let addresses = AddressLimits::new(&config, &clock, &rng)?;
        Ok(Self { config, db, clock, rng, hasher, secrets, addresses, upgrades: Upgrades::default(), old })
    }
}
