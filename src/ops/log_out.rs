//! Logs a user out: the session is gone from the database, and with it from every node.

use super::{
    audit::{self, Entry},
    authority::SignedIn,
};
use crate::{
    Result,
    app::App,
    model::{Event, Reason},
    store::{Tx, session_ends},
};

/// Ends the session that the request came with.
///
/// # Errors
/// The database's.
pub async fn log_out(app: &App, signed_in: &SignedIn) -> Result<()> {
    app.db
        .write(async |mut tx: Tx| {
            if session_ends::end_by_token(&mut tx, signed_in.token()).await? {
                let entry = Entry::done(Event::SessionEnd)
                    .on(signed_in.user().clone())
                    .because(Reason::Logout)
                    .with("session", signed_in.session().uid.to_string());
                audit::record(app, &mut tx, &signed_in.by(), entry).await?;
            }
            tx.commit(()).await
        })
        .await
}
