//! The rows of `dw_sessions`, changed without the events that Doorward would record.

use std::time::Duration;

use super::Database;

impl Database {
    /// Deletes every session.
    pub async fn remove_sessions(&self) {
        self.execute("DELETE FROM dw_sessions").await;
    }

    /// Puts the sessions of the user with this id past every limit, as if they were from 1970.
    pub async fn expire_sessions(&self, user: i64) {
        let sql = "UPDATE dw_sessions SET created_at = 1, last_used_at = 1 WHERE user_id =";
        self.execute(&format!("{sql} {user}")).await;
    }

    /// Moves the last use of every session into the past, by `by`.
    pub async fn move_last_use_back(&self, by: Duration) {
        let by = by.as_millis();
        self.execute(&format!("UPDATE dw_sessions SET last_used_at = last_used_at - {by}")).await;
    }

    /// Gives every session to the user with this id, even if no such user exists.
    pub async fn set_user_of_sessions(&self, user: i64) {
        self.execute(&format!("UPDATE dw_sessions SET user_id = {user}")).await;
    }
}
