//! The rows of `dw_credentials`: what no answer shows, and hashes that no request would store.

use super::Database;

impl Database {
    /// The stored password hash of the user called `name`.
    pub async fn password_hash(&self, name: &str) -> String {
        self.value(&format!("SELECT secret FROM dw_credentials WHERE {}", of(name))).await
    }

    /// Every stored password hash, in the order of their users.
    pub async fn password_hashes(&self) -> Vec<String> {
        let rows = self.rows("SELECT secret FROM dw_credentials ORDER BY user_id").await;
        rows.into_iter().flatten().collect()
    }

    /// The number of password changes of the user called `name`.
    pub async fn password_version(&self, name: &str) -> String {
        self.value(&format!("SELECT version FROM dw_credentials WHERE {}", of(name))).await
    }

    /// Stores `hash` as the password hash of the user called `name`.
    pub async fn set_password_hash(&self, name: &str, hash: &str) {
        self.execute(&format!("UPDATE dw_credentials SET secret = '{hash}' WHERE {}", of(name))).await;
    }

    /// Deletes the password of the user called `name`.
    pub async fn remove_password(&self, name: &str) {
        self.execute(&format!("DELETE FROM dw_credentials WHERE {}", of(name))).await;
    }
}

fn of(name: &str) -> String {
    format!("kind = 'password' AND user_id = (SELECT id FROM dw_users WHERE name = '{name}')")
}
