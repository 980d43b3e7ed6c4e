//! Sync: Doorward runs beside the legacy application, whose table affects logins and sign-ups.
//!
//! The tests change the legacy table by SQL, as the legacy application would. It is in another database or in Doorward's.

mod authority;
mod change;
mod log_in;
mod repair;
mod served;
mod shut_out;
mod sign_up;
mod states;
mod throttled;
mod write_back;

use doorward::{app::Secrets, model::Rng};
use doorward_password::{Password, Salt, Scratch, Settings, StoredHash};
use serde_json::json;

use crate::support::{Database, Reply, Site, site::SiteBuilder};

const WERKZEUG: Settings = Settings::Pbkdf2Sha256 { iterations: 10 };
const BCRYPT: Settings = Settings::Bcrypt { cost: 4 };

/// The legacy application's table.
pub struct LegacyTable {
    pub database: Database,
    table: &'static str,
    is_same: bool,
}

impl LegacyTable {
    /// The table of the contract `signup-login`, in its own database.
    pub async fn users() -> Self {
        Self::make(Database::new().await, "users", false).await
    }

    /// The table of the contract `user-crud`, in its own database.
    pub async fn user() -> Self {
        Self::make(Database::new().await, "user", false).await
    }

    /// The table of the contract `user-crud`, in Doorward's database.
    pub async fn user_in_the_same_database() -> Self {
        Self::make(Database::new().await, "user", true).await
    }

    async fn make(database: Database, table: &'static str, is_same: bool) -> Self {
        let id = if database.is_sqlite() { "INTEGER PRIMARY KEY" } else { "INT AUTO_INCREMENT PRIMARY KEY" };
        let columns = match table {
            "users" => "username VARCHAR(100) NOT NULL UNIQUE, password VARCHAR(255) NOT NULL",
            _ => "username VARCHAR(80) UNIQUE NOT NULL, password VARCHAR(80) NOT NULL, role VARCHAR(80) NOT NULL",
        };
        database.execute(&format!("CREATE TABLE `{table}` (id {id}, {columns})")).await;
        Self { database, table, is_same }
    }

    /// A builder of a site that syncs with this table.
    pub fn synced(&self) -> SiteBuilder {
        let builder = Site::builder().secrets(secrets());
        if self.is_same {
            builder.set("adopt.from", "same").database(self.database.clone())
        } else {
            builder.set("adopt.from", &self.database.url)
        }
    }

    /// Adds a user as the legacy application does.
    pub async fn add(&self, id: i64, name: &str, password: &str) {
        let value = self.hash(password);
        self.add_row(id, name, &value).await;
    }

    /// Adds a row with any value in its password column.
    pub async fn add_row(&self, id: i64, name: &str, value: &str) {
        let (columns, role) = if self.table == "user" { (", role", ", 'user'") } else { ("", "") };
        self.database
            .execute(&format!(
                "INSERT INTO `{}` (id, username, password{columns}) VALUES ({id}, '{name}', '{value}'{role})",
                self.table
            ))
            .await;
    }

    /// Sets a new password as the legacy application does.
    pub async fn change(&self, id: i64, password: &str) {
        let value = self.hash(password);
        self.set(id, &value).await;
    }

    /// Sets the password column to any value.
    pub async fn set(&self, id: i64, value: &str) {
        self.database.execute(&format!("UPDATE `{}` SET password = '{value}' WHERE id = {id}", self.table)).await;
    }

    pub async fn remove(&self, id: i64) {
        self.database.execute(&format!("DELETE FROM `{}` WHERE id = {id}", self.table)).await;
    }

    /// All rows, by id.
    pub async fn rows(&self) -> Vec<Vec<String>> {
        self.database.rows(&format!("SELECT * FROM `{}` ORDER BY id", self.table)).await
    }

    /// The id and the password column of the row with this name.
    pub async fn row(&self, name: &str) -> (i64, String) {
        let sql = format!("SELECT id, password FROM `{}` WHERE username = '{name}'", self.table);
        let rows = self.database.rows(&sql).await;
        assert_eq!(rows.len(), 1, "{name}: {rows:?}");
        (rows[0][0].parse().unwrap(), rows[0][1].clone())
    }

    /// Hashes a password as the legacy application does.
    fn hash(&self, password: &str) -> String {
        let settings = if self.table == "users" { WERKZEUG } else { BCRYPT };
        settings.hash_as_received(&Password::new(password.to_owned()), Salt([5; 16]), &mut Scratch::default()).unwrap()
    }
}

/// Whether the legacy application would accept this password.
fn verifies(value: &str, password: &str) -> bool {
    StoredHash::parse(value).unwrap().verify(&Password::new(password.to_owned()), &mut Scratch::default())
}

#[track_caller]
fn assert_logged_in(reply: &Reply) {
    reply.assert_json(200, json!({ "message": "Login successful" }));
}

#[track_caller]
fn assert_login_refused(reply: &Reply) {
    reply.assert_json(401, json!({ "error": "Invalid username or password" }));
}

/// The same secrets for all sites of a test, which may share one database.
fn secrets() -> Secrets {
    Secrets::random(&Rng::from_fn(|bytes| {
        bytes.fill(7);
        Ok(())
    }))
    .unwrap()
}
