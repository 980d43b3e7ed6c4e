//! Keycloak's realm export: `{"realm": …, "users": [{…, "credentials": […]}]}`, whole or in files of users.

use serde_json::{Value, json};

use super::{
    fields::UserFields,
    state::{is_one_of, set_state},
};

/// Takes the password out of the credentials, in the form of `doorward_password`'s `keycloak-…`.
pub(super) fn take_password(user: &mut Value) -> Option<String> {
    let credentials = user.as_object_mut()?.remove("credentials")?;
    let password =
        credentials.as_array()?.iter().find(|one| one.get("type").and_then(Value::as_str) == Some("password"))?;
    let (secret, credential) = (password.get("secretData"), password.get("credentialData"));
    if let (Some(secret), Some(credential)) = (secret, credential) {
        return Some(json!({ "secretData": secret, "credentialData": credential }).to_string());
    }
    // Keycloak before version 8.
    let old = |name: &str| password.get(name).cloned().unwrap_or(Value::Null);
    let whole = json!({
        "secretData": { "value": old("hashedSaltedValue"), "salt": old("salt") },
        "credentialData": { "hashIterations": old("hashIterations"), "algorithm": old("algorithm") },
    });
    Some(whole.to_string())
}

pub(super) fn rename(fields: &mut UserFields) {
    let enabled = fields.take("enabled");
    set_state(fields, enabled.is_some_and(|value| is_one_of(&value, &["true"])));
}
