//! What the checks ask of a node: sign-ups, log-ins and changes of one account.

use super::client::{Answer, Client};

/// The password of the administrator.
pub const ROOT_PASSWORD: &str = "tall ships in the harbour";

/// Returns a password that the policy accepts, for its number.
pub fn password(number: u64) -> String {
    format!("lanterns at dusk over pier {number}")
}

impl Client {
    /// Signs a user up.
    pub fn sign_up(&mut self, name: &str, password: &str) -> Answer {
        let body = format!(r#"{{"name":"{name}","password":"{password}"}}"#);
        self.send("POST", "/api/v1/users", None, Some(&body))
    }

    /// Logs a user in, with a token in the body.
    pub fn log_in(&mut self, name: &str, password: &str) -> Answer {
        let body = format!(r#"{{"name":"{name}","password":"{password}","token":"body"}}"#);
        self.send("POST", "/api/v1/sessions", None, Some(&body))
    }

    /// Asks for the session of a token.
    pub fn session(&mut self, token: &str) -> Answer {
        self.send("GET", "/api/v1/sessions/current", Some(token), None)
    }

    /// Ends the session of a token.
    pub fn log_out(&mut self, token: &str) -> Answer {
        self.send("DELETE", "/api/v1/sessions/current", Some(token), None)
    }

    /// Changes the own password.
    pub fn change_password(&mut self, token: &str, from: &str, to: &str) -> Answer {
        let body = format!(r#"{{"current_password":"{from}","new_password":"{to}"}}"#);
        self.send("PUT", "/api/v1/users/me/password", Some(token), Some(&body))
    }

    /// Disables or enables an account as an administrator.
    pub fn set_disabled(&mut self, root: &str, id: &str, is_disabled: bool) -> Answer {
        let verb = if is_disabled { "disable" } else { "enable" };
        self.send("POST", &format!("/api/v1/users/{id}/{verb}"), Some(root), None)
    }

    /// Gives an account a role as an administrator.
    pub fn set_role(&mut self, root: &str, id: &str, role: &str) -> Answer {
        let body = format!(r#"{{"role":"{role}"}}"#);
        self.send("PATCH", &format!("/api/v1/users/{id}"), Some(root), Some(&body))
    }
}
