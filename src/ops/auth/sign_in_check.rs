//! Checks a presented session token: is there such a session, is its user's account open, has it expired?
//!
//! Every request asks the database; nothing is cached, so a session that was ended on one node is dead on all of them.

use crate::{
    Result,
    app::App,
    model::{Event, Reason, Session, Source, TokenHash, UnixMillis, UserId},
    ops::{
        audit::{self, AuditContext, Entry},
        authority::SignedIn,
    },
    store::{
        Tx, session_ends,
        sessions::{self, Found},
    },
};

/// The proof that `token` opens a live session, if it does. A use is written down about once a minute; a session that is
/// found expired is removed, so that a clock that steps back cannot revive it.
///
/// # Errors
/// The database's.
pub async fn check(app: &App, token: &TokenHash, source: Source) -> Result<Option<SignedIn>> {
    let found = {
        let mut conn = app.db.read().await?;
        sessions::by_token(&mut conn, token).await?
    };
    match found {
        Some(found) => admit(app, token, found, source).await,
        None => Ok(None),
    }
}

/// As [`check`], and beside the proof the name of the user `other`, if there is such a user.
///
/// # Errors
/// The database's.
pub async fn check_beside(
    app: &App,
    token: &TokenHash,
    source: Source,
    other: UserId,
) -> Result<Option<(SignedIn, Option<String>)>> {
    let found = {
        let mut conn = app.db.read().await?;
        sessions::by_token_beside(&mut conn, token, other).await?
    };
    match found {
        Some((found, name)) => Ok(admit(app, token, found, source).await?.map(|signed_in| (signed_in, name))),
        None => Ok(None),
    }
}

/// The one place that says whether a session which was found is alive.
async fn admit(app: &App, token: &TokenHash, found: Found, source: Source) -> Result<Option<SignedIn>> {
    let now = app.clock.now();
    let limits = app.config.session.for_holder_of(&found.permissions);
    if limits.have_ended(&found.session, now) {
        end_expired(app, &found).await?;
        return Ok(None);
    }
    if limits.is_touch_due(&found.session, now) {
        touch(app, &found.session, now).await?;
    }
    Ok(Some(SignedIn::new(*token, found, source)))
}

async fn touch(app: &App, session: &Session, now: UnixMillis) -> Result<()> {
    app.db
        .write(async |mut tx: Tx| {
            sessions::touch(&mut tx, session.uid, now).await?;
            tx.commit(()).await
        })
        .await
}

/// Removes the session unless it has been used since it was read.
async fn end_expired(app: &App, Found { session, user, .. }: &Found) -> Result<()> {
    let after_its_use = UnixMillis(session.last_used_at.0.saturating_add(1));
    app.db
        .write(async |mut tx: Tx| {
            if session_ends::end_if_unused_since(&mut tx, session.uid, after_its_use).await? {
                let entry = Entry::done(Event::SessionEnd)
                    .on(user.clone())
                    .because(Reason::Expired)
                    .with("session", session.uid.to_string());
                audit::record(app, &mut tx, &AuditContext::system(), entry).await?;
            }
            tx.commit(()).await
        })
        .await
}
