//! Answers an application that asks whether a session may do something, and why not.
//!
//! A refusal is a failed authorisation of the application's, and is written down as one (ASVS 16.3.2).

use crate::{
    Result,
    app::App,
    model::{Event, Reason},
    ops::{
        audit::{Entry, record_refusal},
        authority::SignedIn,
    },
};

/// Whether it may, and by which rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The user's role holds the permission.
    Allowed,
    /// It does not.
    PermissionMissing,
    /// The user must choose another password before anything else.
    PasswordChangeRequired,
}

/// Whether this session may do what is written `permission`, as to `resource`.
///
/// # Errors
/// The database's.
pub async fn decide(app: &App, signed_in: &SignedIn, permission: &str, resource: Option<&str>) -> Result<Decision> {
    let (decision, reason) = if signed_in.must_change_password() {
        (Decision::PasswordChangeRequired, Reason::PasswordChangeRequired)
    } else if signed_in.permissions().contains_word(permission) {
        return Ok(Decision::Allowed);
    } else {
        (Decision::PermissionMissing, Reason::PermissionMissing)
    };
    let mut entry = Entry::refused(Event::AuthorizationFail, reason).with("permission", permission);
    if let Some(resource) = resource {
        entry = entry.with("resource", resource);
    }
    record_refusal(app, &signed_in.audit_context(), entry).await?;
    Ok(decision)
}
