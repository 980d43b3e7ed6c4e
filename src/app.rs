//! The application: the state that every operation uses, as plain fields.

mod exposure;
mod failure_watch;
mod file_modes;
mod legacy_application;
mod metrics;
mod proxy_detection;
mod rate_limit;
mod secrets;
mod upgrades;

use doorward_password::{Hasher, Salt};

pub use self::{
    failure_watch::{FAILURE_WINDOW, FailureWatch, RecentFailures},
    file_modes::file_mode_findings,
    legacy_application::{LegacyApplication, LegacyLink},
    metrics::{Counters, Histogram, HistogramState, JobRuns, LoginOutcome, Metrics, ThrottledBy},
    proxy_detection::{ProxyDetection, ProxyWarning},
    rate_limit::{AddressRateLimits, Admission},
    secrets::{KeyRing, Missing, NotChanged, Purpose, Secrets, SecretsDocument, SecretsFile, Versions, peppers_of},
    upgrades::{Upgrade, Upgrades},
};
use crate::{
    Error, Result,
    config::Config,
    log::DroppedLines,
    model::{Clock, Rng},
    store::{Db, DbOptions, SessionLookups},
};

/// The state of one process. None of it must outlive the process, so all nodes are identical.
pub struct App {
    pub config: Config,
    pub db: Db,
    /// The look-ups of the sessions of requests.
    pub session_lookups: SessionLookups,
    pub clock: Clock,
    pub rng: Rng,
    pub hasher: Hasher,
    pub secrets: Secrets,
    /// Limits by client address.
    pub rate_limits: AddressRateLimits,
    /// Proxies that the configuration lacks.
    pub proxy_detection: ProxyDetection,
    /// The queue of hashes to upgrade.
    pub upgrades: Upgrades,
    /// The legacy application while the sync is configured.
    pub legacy: Option<LegacyApplication>,
    /// The lines that the log of the server dropped.
    pub dropped_lines: DroppedLines,
    /// What this process has done, for `/metrics`.
    pub metrics: Metrics,
    /// The failed logins of the last minutes.
    pub failure_watch: FailureWatch,
}

impl App {
    /// Opens the database and starts the hash pool. [`crate::store::migrate`] checks or creates the schema.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the database's URL or file cannot be used, and [`Error::System`] if the hash pool
    /// cannot start.
    pub fn new(config: Config, secrets: Secrets, clock: Clock, rng: Rng) -> Result<Self> {
        let options = DbOptions {
            url: config.database.url.clone(),
            connections: config.database.connections,
            timeout: config.database.timeout,
        };
        let db = Db::open_used(&options, rng.clone(), secrets.file_of_used_database())?;
        let decoy = (Salt(rng.bytes()?), rng.bytes()?);
        let hashing = &config.hashing;
        let hasher = Hasher::start(hashing.settings, hashing.pool, hashing.max_wait, decoy)
            .map_err(|problem| Error::system("hashing", problem))?
            .peppered(secrets.peppers().with_legacy(config.adopt.table.forms.pepper.clone()));
        let legacy = LegacyApplication::open(&config, &rng)?;
        let rate_limits = AddressRateLimits::new(&config, &clock, &rng)?;
        let proxy_detection = ProxyDetection::new(&config, &clock);
        let (upgrades, dropped_lines) = (Upgrades::default(), DroppedLines::default());
        let failure_watch = FailureWatch::new(config.alert_failures);
        let session_lookups = SessionLookups::new(&db);
        Ok(Self {
            config,
            db,
            session_lookups,
            clock,
            rng,
            hasher,
            secrets,
            rate_limits,
            proxy_detection,
            upgrades,
            legacy,
            dropped_lines,
            metrics: Metrics::default(),
            failure_watch,
        })
    }
}
