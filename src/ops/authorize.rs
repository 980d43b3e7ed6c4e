//! Decides for an application whether a session has a permission, and states the reason of a refusal.
//!
//! Invariant: a refusal is recorded as a failed authorisation (ASVS 16.3.2).

use crate::{
    Result,
    app::App,
    model::{Event, Reason},
    ops::{
        audit::{AuditEntry, record_refusal},
        signed_in::SignedIn,
    },
};

/// The decision, with its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The user's role holds the permission.
    Allowed,
    /// The role lacks the permission.
    PermissionMissing,
    /// The user must first change the password.
    PasswordChangeRequired,
}

/// Decides whether this session has `permission`, for `resource`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn decide(app: &App, signed_in: &SignedIn, permission: &str, resource: Option<&str>) -> Result<Decision> {
    let (decision, reason) = if signed_in.must_change_password() {
        (Decision::PasswordChangeRequired, Reason::PasswordChangeRequired)
    } else if signed_in.permissions().contains_word(permission) {
        return Ok(Decision::Allowed);
    } else {
        (Decision::PermissionMissing, Reason::PermissionMissing)
    };
    let mut entry = AuditEntry::refused(Event::AuthorizationFail, reason).with("permission", permission);
    if let Some(resource) = resource {
        entry = entry.with("resource", resource);
    }
    record_refusal(app, &signed_in.audit_context(), entry).await?;
    Ok(decision)
}
