//! `doorward adopt scan|run|status`, through the real binary, from every kind of place to the engine of the run.
//!
//! The old application is played by SQL on its table, which is made as its contract says.

mod account;
mod clear_text;
mod interrupted;
mod names;
mod numbers;
mod refusals;
mod scan;
mod since;
mod states;
mod status;
mod takes_over;
mod untouched;

use doorward_password::{Password, Salt, Scratch, Settings};
use serde_json::Value;

use crate::support::{Client, Database, Program, Site, program::Ran};

/// Where the old table is, seen from Doorward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In another database of the same kind.
    Other,
    /// In an SQLite file, whatever Doorward's own engine is.
    File,
    /// In Doorward's own database.
    Same,
}

pub const PLACES: [Place; 3] = [Place::Other, Place::File, Place::Same];

/// An old application, and the Doorward that takes its place.
pub struct Move {
    /// Where the old table is.
    pub old: Database,
    /// Doorward's own, which is not migrated yet.
    pub own: Database,
    pub program: Program,
    table: String,
}

/// The table of the contract `signup-login`.
pub const USERS: &str = "username VARCHAR(100) NOT NULL UNIQUE, password VARCHAR(255) NOT NULL";
/// The table of the contract `user-crud`.
pub const USER: &str = "username VARCHAR(80) UNIQUE NOT NULL, password VARCHAR(80) NOT NULL, role VARCHAR(80) NOT NULL";
/// A table that forbids nothing.
pub const LOOSE: &str = "username VARCHAR(300), password TEXT, role VARCHAR(80)";

impl Move {
    /// The empty table `users` of the contract `signup-login`.
    pub async fn users(place: Place) -> Self {
        Self::with_columns(place, "users", USERS).await
    }

    /// The empty table `user` of the contract `user-crud`.
    pub async fn user(place: Place) -> Self {
        Self::with_columns(place, "user", USER).await
    }

    /// An empty table that forbids nothing but a number that was given before.
    pub async fn loose(place: Place) -> Self {
        Self::with_columns(place, "users", LOOSE).await
    }

    pub async fn with_columns(place: Place, table: &str, columns: &str) -> Self {
        let own = Database::new().await;
        let old = match place {
            Place::Other => Database::new().await,
            Place::File => Database::sqlite(),
            Place::Same => own.clone(),
        };
        let id = if old.is_sqlite() {
            "id INTEGER PRIMARY KEY AUTOINCREMENT"
        } else {
            // A value of 0 would get a number otherwise.
            "id INT AUTO_INCREMENT PRIMARY KEY"
        };
        old.execute(&format!("CREATE TABLE `{table}` ({id}, {columns})")).await;
        Self { program: Program::new(&own), old, own, table: table.to_owned() }
    }

    /// A row, its role `user` where there is one.
    pub async fn add(&self, id: i64, name: &str, password: &str) {
        let columns = if self.table == "user" { ("id, username, password, role", ", 'user'") } else { USERS_COLUMNS };
        let (name, password) = (quoted(name), quoted(password));
        let sql =
            format!("INSERT INTO `{}` ({}) VALUES ({id}, {name}, {password}{})", self.table, columns.0, columns.1);
        self.old.execute(&sql).await;
    }

    /// Rows of the numbers 1 to `count`, called `person 1` and so on, all with this value as their password.
    pub async fn add_many(&self, count: usize, password: &str) {
        let password = quoted(password);
        let rows: Vec<_> = (1..=count).map(|id| format!("({id}, 'person {id}', {password})")).collect();
        for rows in rows.chunks(1000) {
            let rows = rows.join(", ");
            self.old.execute(&format!("INSERT INTO `{}` (id, username, password) VALUES {rows}", self.table)).await;
        }
    }

    /// Puts something else into the password column.
    pub async fn set_password(&self, id: i64, password: &str) {
        let sql = format!("UPDATE `{}` SET password = {} WHERE id = {id}", self.table, quoted(password));
        self.old.execute(&sql).await;
    }

    pub async fn remove(&self, id: i64) {
        self.old.execute(&format!("DELETE FROM `{}` WHERE id = {id}", self.table)).await;
    }

    /// The flags that say where the table is.
    pub fn flags(&self) -> Vec<String> {
        let is_same = self.old.url == self.own.url;
        vec!["--from".to_owned(), if is_same { "same".to_owned() } else { self.old.url.clone() }]
    }

    /// `doorward adopt …`
    pub fn tries(&self, arguments: &[&str]) -> Ran {
        let flags = self.flags();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        self.program.run(&[&["adopt"], arguments, &flags].concat())
    }

    /// `doorward adopt …`, which must succeed; what it prints.
    #[track_caller]
    pub fn adopt(&self, arguments: &[&str]) -> String {
        let ran = self.tries(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.stdout
    }

    /// `doorward adopt run`: the rows that were left behind, and the summary.
    #[track_caller]
    pub fn run(&self) -> (Vec<Value>, Value) {
        self.run_with(&[])
    }

    /// The same, where passwords that are not recognised are said to be in clear.
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

    /// `doorward adopt scan` or `status`, as JSON.
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

    /// Doorward over its own database, without a link.
    pub async fn site(&self) -> Site {
        Site::builder().database(self.own.clone()).start().await
    }

    /// All that Doorward has of users and adoptions, every column of it.
    pub async fn state(&self) -> Vec<Vec<String>> {
        let mut rows = self.own.rows("SELECT * FROM dw_users ORDER BY id").await;
        rows.extend(self.own.rows("SELECT * FROM dw_adoptions ORDER BY old_id").await);
        rows.extend(self.own.rows("SELECT * FROM dw_sessions ORDER BY uid").await);
        rows
    }

    /// Everything that can be told of the old table without trusting Doorward.
    pub async fn legacy_table(&self) -> Vec<Vec<String>> {
        let table = &self.table;
        let mut seen = self.old.rows(&format!("SELECT * FROM `{table}` ORDER BY 1, 2")).await;
        if self.old.is_sqlite() {
            seen.extend(self.old.rows("SELECT * FROM sqlite_sequence WHERE name NOT LIKE 'dw%' ORDER BY name").await);
            seen.extend(self.old.rows(&format!("SELECT sql FROM sqlite_schema WHERE tbl_name = '{table}'")).await);
        } else {
            seen.extend(self.old.rows(&format!("CHECKSUM TABLE `{table}`")).await);
            seen.extend(self.old.rows(&format!("SHOW CREATE TABLE `{table}`")).await);
        }
        seen
    }
}

/// The flags that say that passwords which are not recognised are in clear.
pub const ACCEPT: [&str; 2] = ["--plain-text", "accept"];

const USERS_COLUMNS: (&str, &str) = ("id, username, password", "");

/// A literal of SQL on either engine.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What Werkzeug makes of a password, at a cost for tests.
pub fn werkzeug(password: &str) -> String {
    hashed(Settings::Pbkdf2Sha256 { iterations: 10 }, password)
}

/// What bcrypt makes of a password, at a cost for tests.
pub fn bcrypt(password: &str) -> String {
    hashed(Settings::Bcrypt { cost: 4 }, password)
}

fn hashed(settings: Settings, password: &str) -> String {
    settings.hash(&Password::new(password.to_owned()), Salt([7; 16]), &mut Scratch::default()).unwrap()
}

/// Logs in and asserts what comes of it.
#[track_caller]
pub fn is_let_in(status: u16, expected: bool, who: &str) {
    assert_eq!(status, if expected { 200 } else { 401 }, "{who}");
}

/// Somebody who logs in; the status.
pub async fn log_in(site: &Site, name: &str, password: &str) -> (u16, Client) {
    let mut client = site.anon();
    let reply = client.log_in(name, password).await;
    (reply.status.as_u16(), client)
}
