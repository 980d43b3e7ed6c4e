//! The rows of `dw_login_failures`: the counts of wrong passwords.

use doorward::model::{FailureKey, UserId};

use super::Database;

impl Database {
    /// Records `count` consecutive failures from unknown devices for this account, the last at `last_at`.
    pub async fn set_failures(&self, id: UserId, count: i64, last_at: i64) {
        let key: String = FailureKey::of_user(id).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let (recent, delays) = (format!("{last_at:016x}").repeat(5), (count - 4).max(0));
        self.execute(&format!("DELETE FROM dw_login_failures WHERE failure_key = X'{key}'")).await;
        let sql = format!(
            "INSERT INTO dw_login_failures (failure_key, user_id, failures, delays, recent, last_failed_at)
             VALUES (X'{key}', {}, {count}, {delays}, X'{recent}', {last_at})",
            id.0
        );
        self.execute(&sql).await;
    }

    /// Records one failure at `at` for an unknown name, which `number` stands for.
    pub async fn insert_failure_of_unknown(&self, number: u32, at: i64) {
        let sql = "INSERT INTO dw_login_failures (failure_key, failures, delays, recent, last_failed_at)";
        self.execute(&format!("{sql} VALUES (X'{number:064x}', 1, 0, X'{at:016x}', {at})")).await;
    }

    /// Deletes the counts of every account and every name.
    pub async fn remove_failures(&self) {
        self.execute("DELETE FROM dw_login_failures").await;
    }
}
