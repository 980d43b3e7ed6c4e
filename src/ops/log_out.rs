//! Logs a user out: the session is gone from the database, and with it from every node.

use super::authority::SignedIn;
use crate::{
    Result,
    app::App,
    store::{Tx, sessions},
};

/// Ends the session that the request came with.
///
/// # Errors
/// The database's.
pub async fn log_out(app: &App, signed_in: &SignedIn) -> Result<()> {
    app.db
        .write(async |mut tx: Tx| {
            sessions::end_by_token(&mut tx, signed_in.token()).await?;
            tx.commit(()).await
        })
        .await
}
