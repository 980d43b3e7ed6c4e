//! A site: the whole application in this process, with its own database and a clock that the test moves.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use doorward::{
    app::{App, Secrets},
    config::{Config, Inputs, RawValues},
    http::HttpService,
    model::{Clock, Name, Rng, UnixMillis},
    ops::accounts::sign_up,
    store::migrate,
};
use doorward_password::Password;

use super::{Client, Database};

/// The start of every test's clock: 2026-11-22T12:00:00Z.
pub const START: UnixMillis = UnixMillis(1_795_348_800_000);

/// A running application.
#[derive(Clone)]
pub struct Site {
    pub app: Arc<App>,
    pub database: Database,
    pub router: HttpService,
    hand: Arc<AtomicI64>,
}

/// A builder of a [`Site`].
pub struct SiteBuilder {
    settings: Vec<(String, String)>,
    database: Option<Database>,
    clock: (Clock, Arc<AtomicI64>),
    rng: Rng,
    secrets: Option<Secrets>,
}

impl Site {
    /// A site with the default configuration and cheap hashes.
    pub async fn new() -> Self {
        Self::builder().start().await
    }

    /// A site whose `POST /login` follows the contract `user-crud`.
    pub async fn user_crud() -> Self {
        Self::builder().set("compat.login", "user-crud").start().await
    }

    /// A site without throttling, for tests that need more wrong passwords than it allows.
    pub async fn unthrottled() -> Self {
        Self::builder().set("throttle.enabled", "false").start().await
    }

    pub fn builder() -> SiteBuilder {
        SiteBuilder {
            settings: Vec::new(),
            database: None,
            clock: Clock::manual(START),
            rng: Rng::system(),
            secrets: None,
        }
    }

    /// Another node with the same database and clock, and with these settings.
    pub async fn another_node(&self, settings: &[(&str, &str)]) -> Self {
        let mut builder = Self::builder().database(self.database.clone());
        builder.clock = (self.app.clock.clone(), Arc::clone(&self.hand));
        builder.secrets = Some(self.app.secrets.clone());
        for (key, value) in settings {
            builder = builder.set(key, value);
        }
        builder.start().await
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.hand.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// Sets the clock.
    pub fn set_time(&self, to: UnixMillis) {
        self.hand.store(to.0, Ordering::Relaxed);
    }

    /// A client without a session.
    pub fn anon(&self) -> Client {
        let mut client = Client::new(self.router.clone());
        if let Some(url) = &self.app.config.server.public_url {
            client.host = url.origin.split_once("://").unwrap().1.to_owned();
        }
        client
    }

    /// A new user with this name, logged in by cookie. The password is [`password_of`] the name.
    pub async fn user(&self, name: &str) -> Client {
        self.create(name, "user").await;
        self.log_in(name).await
    }

    /// A new administrator with this name, logged in by cookie.
    pub async fn admin(&self, name: &str) -> Client {
        self.create(name, "admin").await;
        self.log_in(name).await
    }

    /// Creates an account. Returns its id.
    pub async fn create(&self, name: &str, role: &str) -> i64 {
        let password = Password::new(password_of(name));
        match sign_up::as_operator(&self.app, &Name::new(name).unwrap(), password, role).await.unwrap() {
            Ok(id) => id.0,
            other => panic!("{name}: {other:?}"),
        }
    }

    /// A new session with a cookie for an account that [`Site::create`] created.
    pub async fn log_in(&self, name: &str) -> Client {
        let mut client = self.anon();
        let reply = client.log_in(name, &password_of(name)).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        client
    }

    /// The id of the account called `name`.
    pub async fn id_of(&self, name: &str) -> i64 {
        self.database.value(&format!("SELECT id FROM dw_users WHERE name = '{name}'")).await.parse().unwrap()
    }
}

/// The password of the persona `name`.
pub fn password_of(name: &str) -> String {
    format!("the password of {name}")
}

impl SiteBuilder {
    /// Sets a configuration key.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    pub fn database(mut self, database: Database) -> Self {
        self.database = Some(database);
        self
    }

    /// Sets the secrets, instead of new random ones.
    pub fn secrets(mut self, secrets: Secrets) -> Self {
        self.secrets = Some(secrets);
        self
    }

    pub fn rng(mut self, rng: Rng) -> Self {
        self.rng = rng;
        self
    }

    /// The site's configuration with `database`.
    pub fn config(&self, database: &Database) -> Config {
        let cheap = [("hashing.argon2_memory_kib", "64"), ("hashing.argon2_iterations", "1"), ("hashing.threads", "2")];
        let cheap = cheap.into_iter().chain([("hashing.pbkdf2_iterations", "10"), ("hashing.bcrypt_cost", "4")]);
        let own = self.settings.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let settings = cheap.chain([("database.url", database.url.as_str())]).chain(own);
        let variables = settings.map(|(key, value)| (doorward::config::variable(key), value.to_owned())).collect();
        let file: Option<(&Path, String)> = None;
        let values = RawValues::read(Inputs { file, variables, flags: Vec::new() }).unwrap();
        Config::new(&values).unwrap()
    }

    /// Starts the site and migrates its schema.
    pub async fn start(self) -> Site {
        let site = self.start_unmigrated().await;
        migrate::up(&site.app.db, &site.app.clock, &site.app.rng).await.unwrap();
        site
    }

    /// Starts the site without migrating the schema.
    pub async fn start_unmigrated(mut self) -> Site {
        let database = match self.database.take() {
            Some(database) => database,
            None => Database::new().await,
        };
        let config = self.config(&database);
        let (clock, hand) = self.clock;
        let secrets = self.secrets.unwrap_or_else(|| Secrets::random(&Rng::system()).unwrap());
        let app = Arc::new(App::new(config, secrets, clock, self.rng).unwrap());
        let router = HttpService::new(&app).unwrap();
        Site { app, database, router, hand }
    }
}
