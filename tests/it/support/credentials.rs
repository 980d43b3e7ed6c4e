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
        self.set_password_hash_to_value(name, &format!("'{hash}'")).await;
    }

    /// Stores the value of the SQL expression `value`, even if it is not text, as the password hash of that user.
    pub async fn set_password_hash_to_value(&self, name: &str, value: &str) {
        self.execute(&format!("UPDATE dw_credentials SET secret = {value} WHERE {}", of(name))).await;
    }

    /// Counts one more change of the password of the user called `name`, and leaves the hash.
    pub async fn raise_password_version(&self, name: &str) {
        self.execute(&format!("UPDATE dw_credentials SET version = version + 1 WHERE {}", of(name))).await;
    }

    /// Deletes the password of the user called `name`.
    pub async fn remove_password(&self, name: &str) {
        self.execute(&format!("DELETE FROM dw_credentials WHERE {}", of(name))).await;
    }
}

fn of(name: &str) -> String {
    format!("kind = 'password' AND user_id = (SELECT id FROM dw_users WHERE name = '{name}')")
}
