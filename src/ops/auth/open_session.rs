//! Opens sessions, for every method of authentication. No other code inserts sessions.
//!
//! Invariant: a session opens only if, at that moment, the account is enabled and its password is still the one that was
//! tested.

use crate::{
    Result,
    app::App,
    model::{AuthMethod, Event, PlainToken, Reason, Session, TokenHash, Uid, UnixMillis},
    ops::{
        audit::{self, AuditContext, AuditEntry},
        signed_in::SignedIn,
    },
    store::{
        Tx,
        credentials::Credential,
        logins, session_ends,
        sessions::{self, Found},
    },
};

/// A new session, with the random values that are drawn before the transaction.
pub(in crate::ops) struct NewSession {
    uid: Uid,
    pub(in crate::ops) token: PlainToken,
    pub(in crate::ops) now: UnixMillis,
}

impl NewSession {
    /// Draws the identifier and the token.
    pub(in crate::ops) fn draw(app: &App) -> Result<Self> {
        let now = app.clock.now();
        Ok(Self { uid: Uid::new(now, &app.rng)?, token: PlainToken::new(&app.rng)?, now })
    }

    /// Inserts the session for the user of `credential`, and ends the session `replaces` of the same client (ASVS 7.2.4).
    /// Returns `None`, and the caller rolls back, if the account is disabled or its password changed since the test.
    pub(in crate::ops) async fn open(
        &self,
        app: &App,
        tx: &mut Tx,
        by: &AuditContext,
        (credential, replaces): (&Credential, Option<&TokenHash>),
    ) -> Result<Option<SignedIn>> {
        let unchanged = logins::record_if_unchanged(tx, credential, self.now).await?;
        if unchanged.is_none() && !logins::record(tx, credential, self.now).await? {
            return Ok(None);
        }
        if let Some(token) = replaces {
            end_replaced(app, tx, (by, self.now), token).await?;
        }
        let session = Session {
            uid: self.uid,
            user_id: credential.user_id,
            created_at: self.now,
            authenticated_at: self.now,
            last_used_at: self.now,
        };
        let token = self.token.hash();
        sessions::insert(tx, &token, &session, &AuthMethod::Password.into(), &by.source).await?;
        let entry =
            AuditEntry::done(Event::LoginSuccess).on(credential.party.clone()).with("session", self.uid.to_string());
        audit::record(app, tx, &by.known_as(credential.party.clone()), entry).await?;
        let found = match unchanged {
            Some(account) => Some(Found {
                session,
                user: credential.party.clone(),
                must_change_password: account.must_change_password,
                role_name: account.role_name,
                permissions: account.permissions,
            }),
            None => sessions::by_token(tx, &token).await?,
        };
        Ok(found.map(|found| SignedIn::new(token, found, by.source.clone())))
    }
}

/// Ends the previous session of the client, of any user. No event is recorded for an expired session.
async fn end_replaced(app: &App, tx: &mut Tx, (by, now): (&AuditContext, UnixMillis), token: &TokenHash) -> Result<()> {
    let found = sessions::by_token(tx, token).await?;
    if session_ends::end_by_token(tx, token).await?
        && let Some(found) = found
    {
        let has_expired = app.config.session.for_holder_of(&found.permissions).have_ended(&found.session, now);
        let (reason, by) = match has_expired {
            true => (Reason::Expired, AuditContext::system()),
            false => (Reason::Replaced, by.known_as(found.user.clone())),
        };
        let entry = AuditEntry::done(Event::SessionEnd)
            .on(found.user)
            .because(reason)
            .with("session", found.session.uid.to_string());
        audit::record(app, tx, &by, entry).await?;
    }
    Ok(())
}
