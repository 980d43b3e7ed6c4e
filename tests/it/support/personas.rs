//! Personas of `/api/v1`: users with any permissions and a bearer token, and look-ups of their rows.
//!
//! They are created without the API, so that a test of the API does not depend on the part that it tests.

use doorward::{
    model::{TokenHash, UserId},
    ops::{SignedIn, accounts::disable, auth::sign_in_check},
};
use serde_json::{Value, json};

use super::{Client, Reply, Site, site::password_of};

/// The permissions of a persona that manages users, but not roles.
pub const MANAGER: &str = "users:read users:write sessions:read sessions:revoke";

impl Site {
    /// A new user with a bearer token, whose role of the same name holds `permissions`.
    pub async fn holder(&self, name: &str, permissions: &str) -> Client {
        self.role(name, permissions).await;
        self.create(name, name).await;
        self.bearer(name).await
    }

    /// A new session with a bearer token for an account that [`Site::create`] created.
    pub async fn bearer(&self, name: &str) -> Client {
        self.bearer_with(name, &password_of(name)).await
    }

    /// As [`Site::bearer`], with any password.
    pub async fn bearer_with(&self, name: &str, password: &str) -> Client {
        let reply = self.begin(name, password, "body").await;
        let token = reply.assert_status(201)["token"].as_str().unwrap().to_owned();
        self.anon().with_token(&token)
    }

    /// The proof of authentication of a new session of this account.
    pub async fn signed_in(&self, name: &str) -> SignedIn {
        let reply = self.begin(name, &password_of(name), "body").await.assert_status(201);
        let token = TokenHash::of_presented(reply["token"].as_str().unwrap().as_bytes()).unwrap();
        sign_in_check::check(&self.app, &token, Default::default()).await.unwrap().unwrap()
    }

    /// `POST /api/v1/sessions` by a client without a session.
    pub async fn begin(&self, name: &str, password: &str, token: &str) -> Reply {
        let body = json!({ "name": name, "password": password, "token": token });
        self.anon().post("/api/v1/sessions", body).await
    }

    /// As [`Site::create`], for an account that must change the password.
    pub async fn create_pending(&self, name: &str, role: &str) -> i64 {
        let id = self.create(name, role).await;
        self.database.set_change_required_at(name, Some(1)).await;
        id
    }

    /// Disables the account with this name.
    pub async fn disable(&self, name: &str) {
        let id = UserId(self.id_of(name).await);
        let outcome = disable::disable_as_operator(&self.app, id).await.unwrap();
        assert!(outcome.is_ok(), "{outcome:?}");
    }

    /// The identifier of the account called `name` in `/api/v1`.
    pub async fn uid_of(&self, name: &str) -> String {
        let hex = self.database.value(&format!("SELECT HEX(uid) FROM dw_users WHERE name = '{name}'")).await;
        uid(&hex)
    }

    /// The identifiers of the sessions of the account called `name`, oldest first.
    pub async fn sessions_of(&self, name: &str) -> Vec<String> {
        let sql = format!(
            "SELECT HEX(s.uid) FROM dw_sessions s JOIN dw_users u ON u.id = s.user_id WHERE u.name = '{name}'
             ORDER BY s.uid"
        );
        self.database.rows(&sql).await.iter().map(|row| uid(&row[0])).collect()
    }

    /// All rows that a request could change, for comparison. Leaves out the audit trail and the times of logins.
    pub async fn dump(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for sql in [
            "SELECT id, HEX(uid), name, HEX(name_key), role_id, created_at, disabled_at,
                    password_change_required_at, version, attributes, admin_attributes FROM dw_users ORDER BY id",
            "SELECT user_id, kind, secret, version, created_at FROM dw_credentials ORDER BY id",
            "SELECT id, HEX(name), permissions, version FROM dw_roles ORDER BY id",
            "SELECT HEX(token_hash), HEX(uid), user_id, created_at, authenticated_at FROM dw_sessions ORDER BY uid",
            "SELECT HEX(key_hash), HEX(request_hash) FROM dw_idempotency_keys ORDER BY key_hash",
        ] {
            rows.extend(self.database.rows(sql).await);
        }
        rows
    }

    /// The newest audit event of this reply's request, as event, outcome and reason.
    pub async fn event_of(&self, reply: &Reply) -> Option<[String; 3]> {
        let sql = format!(
            "SELECT event, outcome, reason FROM dw_audit_events WHERE request_id = '{}' ORDER BY uid DESC",
            reply.request_id()
        );
        let rows = self.database.rows(&sql).await;
        rows.into_iter().next().map(|row| row.try_into().unwrap())
    }
}

/// A UUID in its usual form, from 32 hexadecimal digits.
fn uid(hex: &str) -> String {
    let hex = hex.to_ascii_lowercase();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// The items of a page.
#[track_caller]
pub fn items(reply: &Reply) -> Vec<Value> {
    reply.assert_status(200)["items"].as_array().unwrap().clone()
}
