//! The rows of `dw_roles`.

use super::{Database, Site};

impl Site {
    /// Creates a role with this name and these permissions.
    pub async fn role(&self, name: &str, permissions: &str) {
        let id = self.database.value("SELECT MAX(id) + 1 FROM dw_roles").await;
        let sql = format!(
            "INSERT INTO dw_roles (id, name, permissions, created_at) VALUES ({id}, {}, '{permissions}', 1)",
            stored(name)
        );
        self.database.execute(&sql).await;
    }
}

impl Database {
    /// Stores `permissions` as those of the role called `name`, whether Doorward can read them or not.
    pub async fn set_permissions(&self, name: &str, permissions: &str) {
        let name = stored(name);
        self.execute(&format!("UPDATE dw_roles SET permissions = '{permissions}' WHERE name = {name}")).await;
    }
}

/// The name of a role as the table has it, in SQL.
fn stored(name: &str) -> String {
    let hex: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("X'{hex}'")
}
