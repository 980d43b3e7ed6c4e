//! Logs a user out. The session is removed from the database, and therefore from all nodes.

use crate::{
    Result,
    app::App,
    model::{Event, Reason},
    ops::{
        audit::{self, AuditEntry},
        signed_in::SignedIn,
    },
    store::{Tx, session_ends, users},
};

/// Ends the session of the request.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn log_out(app: &App, signed_in: &SignedIn) -> Result<()> {
    app.db
        .write(async |mut tx: Tx| {
            users::hold(&mut tx, signed_in.user_id()).await?;
            // The token is not used, because it may have been replaced since the check.
            if session_ends::end_of(&mut tx, signed_in.user_id(), signed_in.session().uid).await? {
                let entry = AuditEntry::done(Event::SessionEnd)
                    .on(signed_in.user().clone())
                    .because(Reason::Logout)
                    .with("session", signed_in.session().uid.to_string());
                audit::record(app, &mut tx, &signed_in.audit_context(), entry).await?;
            }
            tx.commit(()).await
        })
        .await
}
