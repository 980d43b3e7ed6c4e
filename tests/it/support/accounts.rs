//! The rows of `dw_users`, in states that no request would leave or that only another process would.

use super::Database;

impl Database {
    /// Stores `shown` as the name of the user with this id, whatever characters it has, and leaves the name's key.
    pub async fn set_shown_name(&self, id: i64, shown: &str) {
        self.execute(&format!("UPDATE dw_users SET name = {} WHERE id = {id}", self.text(shown))).await;
    }

    /// Stores `key` as the key of the name of the user called `name`.
    pub async fn set_name_key(&self, name: &str, key: &str) {
        self.update_user(name, &format!("name_key = X'{}'", hex(key))).await;
    }

    /// Sets or clears the time since which the user called `name` must change the password.
    pub async fn set_change_required_at(&self, name: &str, at: Option<i64>) {
        self.update_user(name, &format!("password_change_required_at = {}", or_null(at))).await;
    }

    /// Sets or clears the time since which the user called `name` is disabled. Leaves the user's sessions.
    pub async fn set_disabled_at(&self, name: &str, at: Option<i64>) {
        self.update_user(name, &format!("disabled_at = {}", or_null(at))).await;
    }

    /// Gives the user called `name` the role called `role`.
    pub async fn set_role(&self, name: &str, role: &str) {
        self.update_user(name, &format!("role_id = {}", role_id(role))).await;
    }

    /// Gives every user but those called `names` the role called `role`.
    pub async fn set_role_of_all_but(&self, names: &[String], role: &str) {
        let (role, names) = (role_id(role), names.join("', '"));
        self.execute(&format!("UPDATE dw_users SET role_id = {role} WHERE name NOT IN ('{names}')")).await;
    }

    /// Inserts users without a password: the name and the role of each.
    pub async fn insert_users(&self, users: &[(String, &str)]) {
        let rows: Vec<String> = (0..)
            .zip(users)
            .map(|(number, (name, role)): (u32, _)| {
                format!("(X'{number:032x}', '{name}', X'{}', {}, 1)", hex(name), role_id(role))
            })
            .collect();
        let columns = "uid, name, name_key, role_id, created_at";
        self.execute(&format!("INSERT INTO dw_users ({columns}) VALUES {}", rows.join(", "))).await;
    }

    /// Deletes the rows of the users called `names`, and nothing that refers to them.
    pub async fn remove_users(&self, names: &[&str]) {
        self.execute(&format!("DELETE FROM dw_users WHERE name IN ('{}')", names.join("', '"))).await;
    }

    /// Updates the user called `name`. Fails if no such user exists, because the test would then prove nothing.
    async fn update_user(&self, name: &str, assignment: &str) {
        let id = self.value(&format!("SELECT id FROM dw_users WHERE name = '{name}'")).await;
        self.execute(&format!("UPDATE dw_users SET {assignment} WHERE id = {id}")).await;
    }
}

/// The id of the role called `name`, in SQL.
fn role_id(name: &str) -> String {
    format!("(SELECT id FROM dw_roles WHERE name = X'{}')", hex(name))
}

fn or_null(at: Option<i64>) -> String {
    at.map_or("NULL".to_owned(), |at| at.to_string())
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}
