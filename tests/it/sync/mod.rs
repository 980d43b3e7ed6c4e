//! The living link: Doorward beside the old application, whose table has a say in who may log in.
//!
//! The old application is played by SQL on its table, in another database or in Doorward's own.

mod authority;
mod change;
mod log_in;
mod served;
mod shut_out;
mod sign_up;
mod states;
mod throttled;

use doorward::{app::Secrets, model::Rng};
use doorward_password::{Password, Salt, Scratch, Settings, StoredHash};
use serde_json::json;

use crate::support::{Database, Reply, Site, site::SiteBuilder};

const WERKZEUG: Settings = Settings::Pbkdf2Sha256 { iterations: 10 };
const BCRYPT: Settings = Settings::Bcrypt { cost: 4 };

/// The old application's table.
pub struct There {
    pub database: Database,
    table: &'static str,
    is_same: bool,
}

impl There {
    /// The table of the contract `signup-login`, in a database of its own.
    pub async fn users() -> Self {
        Self::make(Database::new().await, "users", false).await
    }

    /// The table of the contract `user-crud`, in a database of its own.
    pub async fn user() -> Self {
        Self::make(Database::new().await, "user", false).await
    }

    /// The table of the contract `user-crud`, in the database that will be Doorward's.
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

    /// A site that is linked to it.
    pub fn linked(&self) -> SiteBuilder {
        let builder = Site::builder().secrets(secrets());
        if self.is_same {
            builder.set("adopt.from", "same").database(self.database.clone())
        } else {
            builder.set("adopt.from", &self.database.url)
        }
    }

    /// A user as the old application makes one.
    pub async fn add(&self, id: i64, name: &str, password: &str) {
        let value = self.hash(password);
        self.add_row(id, name, &value).await;
    }

    /// A row with any value in its password column.
    pub async fn add_row(&self, id: i64, name: &str, value: &str) {
        let (columns, role) = if self.table == "user" { (", role", ", 'user'") } else { ("", "") };
        self.database
            .execute(&format!(
                "INSERT INTO `{}` (id, username, password{columns}) VALUES ({id}, '{name}', '{value}'{role})",
                self.table
            ))
            .await;
    }

    /// A new password, set by the old application.
    pub async fn change(&self, id: i64, password: &str) {
        let value = self.hash(password);
        self.set(id, &value).await;
    }

    /// Puts any value into the password column.
    pub async fn set(&self, id: i64, value: &str) {
        self.database.execute(&format!("UPDATE `{}` SET password = '{value}' WHERE id = {id}", self.table)).await;
    }

    pub async fn remove(&self, id: i64) {
        self.database.execute(&format!("DELETE FROM `{}` WHERE id = {id}", self.table)).await;
    }

    /// All rows, in order.
    pub async fn rows(&self) -> Vec<Vec<String>> {
        self.database.rows(&format!("SELECT * FROM `{}` ORDER BY id", self.table)).await
    }

    /// The number and the password column of the row of this name.
    pub async fn row(&self, name: &str) -> (i64, String) {
        let sql = format!("SELECT id, password FROM `{}` WHERE username = '{name}'", self.table);
        let rows = self.database.rows(&sql).await;
        assert_eq!(rows.len(), 1, "{name}: {rows:?}");
        (rows[0][0].parse().unwrap(), rows[0][1].clone())
    }

    /// What the old application makes of a password.
    fn hash(&self, password: &str) -> String {
        let settings = if self.table == "users" { WERKZEUG } else { BCRYPT };
        settings.hash_as_received(&Password::new(password.to_owned()), Salt([5; 16]), &mut Scratch::default()).unwrap()
    }
}

/// Whether the old application would let somebody in who types this.
fn fits(value: &str, password: &str) -> bool {
    StoredHash::parse(value).unwrap().verify(&Password::new(password.to_owned()), &mut Scratch::default())
}

#[track_caller]
fn is_in(reply: &Reply) {
    reply.assert_json(200, json!({ "message": "Login successful" }));
}

#[track_caller]
fn is_out(reply: &Reply) {
    reply.assert_json(401, json!({ "error": "Invalid username or password" }));
}

/// The same secrets for all sites of a test, which may come to one database on ways of their own.
fn secrets() -> Secrets {
    Secrets::random(&Rng::from_fn(|bytes| {
        bytes.fill(7);
        Ok(())
    }))
    .unwrap()
}
