//! Checks a presented session token: the session exists, its user is enabled, and it has not expired.
//!
//! Every request reads the database and nothing is cached, so a session that ended on one node has ended on all nodes.

use crate::{
    Result,
    app::App,
    model::{Event, Reason, Source, TokenHash, UnixMillis, UserId},
    ops::{
        audit::{self, AuditContext, AuditEntry},
        signed_in::SignedIn,
    },
    store::{
        Tx, session_ends,
        sessions::{self, Found},
    },
};

/// Returns the proof that `token` belongs to a live session, if it does. A use is recorded about once a minute. An
/// expired session is removed, so it stays invalid if the clock is set back.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn check(app: &App, token: &TokenHash, source: Source) -> Result<Option<SignedIn>> {
    match app.session_lookups.find(&app.db, token, None).await? {
        Some((found, _)) => admit(app, token, found, source).await,
        None => Ok(None),
    }
}

/// Does the same as [`check`], and returns the name of the user `other`, if that user exists.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn check_beside(
    app: &App,
    token: &TokenHash,
    source: Source,
    other: UserId,
) -> Result<Option<(SignedIn, Option<String>)>> {
    match app.session_lookups.find(&app.db, token, Some(other)).await? {
        Some((found, name)) => Ok(admit(app, token, found, source).await?.map(|signed_in| (signed_in, name))),
        None => Ok(None),
    }
}

/// Decides whether a session is live. No other code decides this.
async fn admit(app: &App, token: &TokenHash, found: Found, source: Source) -> Result<Option<SignedIn>> {
    let now = app.clock.now();
    let limits = app.config.session.for_holder_of(&found.permissions);
    if limits.have_ended(&found.session, now) {
        end_expired(app, &found).await?;
        return Ok(None);
    }
    if limits.is_touch_due(&found.session, now) {
        sessions::touch(&app.db, found.session.uid, now).await?;
    }
    Ok(Some(SignedIn::new(*token, found, source)))
}

/// Removes the session, unless it was used after it was read.
async fn end_expired(app: &App, Found { session, user, .. }: &Found) -> Result<()> {
    let after_its_use = UnixMillis(session.last_used_at.0.saturating_add(1));
    app.db
        .write(async |mut tx: Tx| {
            if session_ends::end_if_unused_since(&mut tx, session.uid, after_its_use).await? {
                let entry = AuditEntry::done(Event::SessionEnd)
                    .on(user.clone())
                    .because(Reason::Expired)
                    .with("session", session.uid.to_string());
                audit::record(app, &mut tx, &AuditContext::system(), entry).await?;
            }
            tx.commit(()).await
        })
        .await
}
