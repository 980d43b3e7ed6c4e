//! The local writes of a login with a password of the legacy table: the adoption of a user, or the change of a
//! password.
//!
//! Invariant: all functions run inside the transaction that opens the session, except the earlier check of the name.

use super::{
    candidate::{Adopted, Candidate, LeftBehind},
    legacy_view, namesakes, shut_out,
};
use crate::{
    Result,
    app::{App, LegacyApplication},
    model::{Event, Fingerprint, Party, Reason, RoleId, Uid, UnixMillis},
    ops::{
        audit::{AuditContext, AuditEntry, record},
        roles::administrators,
    },
    store::{
        Tx,
        adoptions::{self, Adoption},
        credentials::{self, Credential},
        session_ends,
    },
};

/// A local user whose password changed in the legacy table.
pub(super) struct ChangedUser {
    pub credential: Credential,
    /// The hash of the legacy table.
    pub stored: String,
    pub adoption: Adoption,
    pub fingerprint: Fingerprint,
}

/// A user who exists only in the legacy table.
pub(super) struct LegacyOnlyUser {
    pub candidate: Candidate,
    /// The hash of the legacy table.
    pub stored: String,
    pub role_id: RoleId,
    pub fingerprint: Fingerprint,
}

impl LegacyOnlyUser {
    /// Returns whether this row is the first one of its name.
    pub async fn is_first_of_name(&self, app: &App, application: &LegacyApplication) -> Result<bool> {
        let legacy = legacy_view::open(app, application).await?;
        let (name, key) = (&self.candidate.name, &self.candidate.key);
        let rows = namesakes::all(app, &legacy, name.as_typed(), name.key()).await?;
        let open = rows.into_iter().flatten().find(|row| !row.is_shut_out);
        let is_first = open.is_none_or(|first| first.key == *key);
        if !is_first {
            tracing::warn!(legacy_id = key.shown(), "a login with a name that an earlier row also has");
        }
        Ok(is_first)
    }

    /// Adopts the user. Returns the reason if the user cannot be adopted.
    pub async fn adopt(
        &self,
        app: &App,
        tx: &mut Tx,
        uid: Uid,
        now: UnixMillis,
    ) -> Result<std::result::Result<Credential, LeftBehind>> {
        administrators::hold_role(tx, self.role_id).await?;
        let adopted = Adopted {
            uid,
            role_id: self.role_id,
            password_hash: Some(&self.stored),
            fingerprint: self.fingerprint,
            now,
        };
        let mut inserted = self.candidate.insert(tx, &adopted).await?;
        if shut_out::make_room(app, tx, &AuditContext::system(), inserted.err()).await? {
            inserted = self.candidate.insert(tx, &adopted).await?;
        }
        let user_id = match inserted {
            Ok(user_id) => user_id,
            Err(why) => return Ok(Err(why)),
        };
        let party = Party { uid, name: self.candidate.name.as_typed().to_owned() };
        let entry = AuditEntry::done(Event::UserCreated).on(party.clone()).because(Reason::Adopted);
        record(app, tx, &AuditContext::system(), entry).await?;
        Ok(Ok(Credential {
            user_id,
            party,
            password_hash: Some(self.stored.clone()),
            password_version: 1,
            account: None,
        }))
    }
}

impl ChangedUser {
    /// Takes over the password of the legacy table, and ends the sessions of the previous one. Returns `None` if
    /// another request has done so, or has changed the local password, meanwhile.
    pub async fn take_over(&self, app: &App, tx: &mut Tx) -> Result<Option<Credential>> {
        let (adoption, user_id, party) = (&self.adoption, self.credential.user_id, &self.credential.party);
        let is_first =
            adoptions::password_is_from_there(tx, adoption.legacy_id, adoption.fingerprint, self.fingerprint).await?;
        if !is_first || !credentials::take_over_password(tx, user_id, &self.stored, app.clock.now()).await? {
            return Ok(None);
        }
        let sessions_ended = session_ends::end_all_of(tx, user_id).await?;
        let entry = AuditEntry::done(Event::PasswordChange)
            .on(party.clone())
            .because(Reason::ChangedInOldApplication)
            .with("sessions_ended", sessions_ended);
        record(app, tx, &AuditContext::system(), entry).await?;
        let password_version = self.credential.password_version + 1;
        let party = party.clone();
        Ok(Some(Credential {
            user_id,
            party,
            password_hash: Some(self.stored.clone()),
            password_version,
            account: None,
        }))
    }
}
