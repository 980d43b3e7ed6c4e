//! `doorward adopt scan|run|status`, through the real binary, from every location of the legacy table.
//!
//! The tests create the legacy table as its contract describes it, and change it by SQL as the legacy application would.

mod account;
mod clear_text;
mod exports;
mod files;
mod forms;
mod interrupted;
mod keys;
mod names;
mod numbers;
mod programs;
mod refusals;
mod repair;
mod scan;
mod since;
mod states;
mod status;
mod takes_over;
mod untouched;
mod values;

use doorward_password::{Password, Salt, Scratch, Settings};
use serde_json::Value;

use crate::support::{Client, Database, Program, Site, program::Ran};

/// The location of the legacy table, as seen from Doorward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In another database of the same kind.
    Other,
    /// In an SQLite file, whatever Doorward's own engine is.
    File,
    /// In Doorward's own database.
    Same,
}

pub const LOCATIONS: [Location; 3] = [Location::Other, Location::File, Location::Same];

/// A legacy table, and the Doorward that adopts its users.
pub struct LegacySetup {
    /// The database of the legacy table.
    pub legacy: Database,
    /// Doorward's own database, which is not migrated yet.
    pub own: Database,
    pub program: Program,
    table: String,
}

/// The table of the contract `signup-login`.
pub const USERS: &str = "username VARCHAR(100) NOT NULL UNIQUE, password VARCHAR(255) NOT NULL";
/// The table of the contract `user-crud`.
pub const USER: &str = "username VARCHAR(80) UNIQUE NOT NULL, password VARCHAR(80) NOT NULL, role VARCHAR(80) NOT NULL";
/// A table without constraints.
pub const LOOSE: &str = "username VARCHAR(300), password TEXT, role VARCHAR(80)";

impl LegacySetup {
    /// The empty table `users` of the contract `signup-login`.
    pub async fn users(location: Location) -> Self {
        Self::with_columns(location, "users", USERS).await
    }

    /// The empty table `user` of the contract `user-crud`.
    pub async fn user(location: Location) -> Self {
        Self::with_columns(location, "user", USER).await
    }

    /// An empty table without constraints except unique ids.
    pub async fn loose(location: Location) -> Self {
        Self::with_columns(location, "users", LOOSE).await
    }

    pub async fn with_columns(location: Location, table: &str, columns: &str) -> Self {
        let own = Database::new().await;
        let legacy = match location {
            Location::Other => Database::new().await,
            Location::File => Database::sqlite(),
            Location::Same => own.clone(),
        };
        let id = if legacy.is_sqlite() {
            "id INTEGER PRIMARY KEY AUTOINCREMENT"
        } else {
            // Negative ids are possible, as in the contracts' tables.
            "id INT AUTO_INCREMENT PRIMARY KEY"
        };
        legacy.execute(&format!("CREATE TABLE `{table}` ({id}, {columns})")).await;
        Self { program: Program::new(&own), legacy, own, table: table.to_owned() }
    }

    /// Adds a row, with the role `user` if the table has roles.
    pub async fn add(&self, id: i64, name: &str, password: &str) {
        let columns = if self.table == "user" { ("id, username, password, role", ", 'user'") } else { USERS_COLUMNS };
        let (name, password) = (quoted(name), quoted(password));
        let sql =
            format!("INSERT INTO `{}` ({}) VALUES ({id}, {name}, {password}{})", self.table, columns.0, columns.1);
        self.legacy.execute(&sql).await;
    }

    /// Adds rows with the ids 1 to `count`, called `person 1` and so on, all with this stored password.
    pub async fn add_many(&self, count: usize, password: &str) {
        let password = quoted(password);
        let rows: Vec<_> = (1..=count).map(|id| format!("({id}, 'person {id}', {password})")).collect();
        for rows in rows.chunks(1000) {
            let rows = rows.join(", ");
            self.legacy.execute(&format!("INSERT INTO `{}` (id, username, password) VALUES {rows}", self.table)).await;
        }
    }

    /// Sets the password column to any value.
    pub async fn set_password(&self, id: i64, password: &str) {
        let sql = format!("UPDATE `{}` SET password = {} WHERE id = {id}", self.table, quoted(password));
        self.legacy.execute(&sql).await;
    }

    pub async fn remove(&self, id: i64) {
        self.legacy.execute(&format!("DELETE FROM `{}` WHERE id = {id}", self.table)).await;
    }

    /// The flags that name the location of the table.
    pub fn flags(&self) -> Vec<String> {
        let is_same = self.legacy.url == self.own.url;
        vec!["--from".to_owned(), if is_same { "same".to_owned() } else { self.legacy.url.clone() }]
    }

    /// Runs `doorward adopt …`.
    pub fn tries(&self, arguments: &[&str]) -> Ran {
        let flags = self.flags();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        self.program.run(&[&["adopt"], arguments, &flags].concat())
    }

    /// Runs `doorward adopt …`, which must succeed. Returns its output.
    #[track_caller]
    pub fn adopt(&self, arguments: &[&str]) -> String {
        let ran = self.tries(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.stdout
    }

    /// Runs `doorward adopt run`. Returns the rows that were left behind, and the summary.
    #[track_caller]
    pub fn run(&self) -> (Vec<Value>, Value) {
        self.run_with(&[])
    }

    /// The same, and accepts unrecognised passwords as clear text.
    #[track_caller]
    pub fn run_accepting(&self) -> (Vec<Value>, Value) {
        self.run_with(&ACCEPT)
    }

    /// The same, with these flags.
    #[track_caller]
    pub fn run_with(&self, flags: &[&str]) -> (Vec<Value>, Value) {
        let stdout = self.adopt(&[&["run", "--json"], flags].concat());
        let mut lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut summary = lines.pop().unwrap()["summary"].take();
        assert!(summary["is_finished"].take().as_bool().unwrap());
        summary["seconds"].take().as_f64().unwrap();
        (lines, summary)
    }

    /// Runs `doorward adopt scan` or `status`. Returns the JSON.
    #[track_caller]
    pub fn shows(&self, command: &str) -> Value {
        self.shows_with(command, &[])
    }

    /// The same, with these flags.
    #[track_caller]
    pub fn shows_with(&self, command: &str, flags: &[&str]) -> Value {
        let stdout = self.adopt(&[&[command, "--json"], flags].concat());
        serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("not JSON: {stdout}"))
    }

    /// Doorward with another new database, and with sync.
    pub async fn synced(&self) -> Site {
        self.synced_with(&[]).await
    }

    /// The same, with these settings.
    pub async fn synced_with(&self, settings: &[(&str, &str)]) -> Site {
        let builder = Site::builder().database(Database::new().await).set("adopt.from", &self.legacy.url);
        settings.iter().fold(builder, |builder, (key, value)| builder.set(key, value)).start().await
    }

    /// Doorward with its own database, without sync.
    pub async fn site(&self) -> Site {
        Site::builder().database(self.own.clone()).start().await
    }

    /// All columns of Doorward's users, adoptions and sessions.
    pub async fn state(&self) -> Vec<Vec<String>> {
        let mut rows = self.own.rows("SELECT * FROM dw_users ORDER BY id").await;
        rows.extend(self.own.rows("SELECT * FROM dw_credentials ORDER BY id").await);
        rows.extend(self.own.rows("SELECT * FROM dw_adoptions ORDER BY legacy_id").await);
        rows.extend(self.own.rows("SELECT * FROM dw_sessions ORDER BY uid").await);
        rows
    }

    /// All observable state of the legacy table, read without Doorward.
    pub async fn legacy_table(&self) -> Vec<Vec<String>> {
        let table = &self.table;
        let mut seen = self.legacy.rows(&format!("SELECT * FROM `{table}` ORDER BY 1, 2")).await;
        if self.legacy.is_sqlite() {
            seen.extend(
                self.legacy.rows("SELECT * FROM sqlite_sequence WHERE name NOT LIKE 'dw%' ORDER BY name").await,
            );
            seen.extend(self.legacy.rows(&format!("SELECT sql FROM sqlite_schema WHERE tbl_name = '{table}'")).await);
        } else {
            seen.extend(self.legacy.rows(&format!("CHECKSUM TABLE `{table}`")).await);
            seen.extend(self.legacy.rows(&format!("SHOW CREATE TABLE `{table}`")).await);
        }
        seen
    }
}

/// The flags that accept unrecognised passwords as clear text.
pub const ACCEPT: [&str; 2] = ["--plain-text", "accept"];

const USERS_COLUMNS: (&str, &str) = ("id, username, password", "");

/// An SQL literal for either engine.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A cheap Werkzeug hash of a password.
pub fn werkzeug(password: &str) -> String {
    hashed(Settings::Pbkdf2Sha256 { iterations: 10 }, password)
}

/// A cheap bcrypt hash of a password.
pub fn bcrypt(password: &str) -> String {
    hashed(Settings::Bcrypt { cost: 4 }, password)
}

fn hashed(settings: Settings, password: &str) -> String {
    settings.hash(&Password::new(password.to_owned()), Salt([7; 16]), &mut Scratch::default()).unwrap()
}

/// Asserts whether a login was accepted.
#[track_caller]
pub fn assert_login(status: u16, expected: bool, who: &str) {
    assert_eq!(status, if expected { 200 } else { 401 }, "{who}");
}

/// Logs in. Returns the status and the client.
pub async fn log_in(site: &Site, name: &str, password: &str) -> (u16, Client) {
    let mut client = site.anon();
    let reply = client.log_in(name, password).await;
    (reply.status.as_u16(), client)
}
