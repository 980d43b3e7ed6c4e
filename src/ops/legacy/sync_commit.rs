//! The part of the sync that a login writes, once its password proved right.
//!
//! Invariant: every function runs inside the transaction that starts the session, except the check of the name before it.

use super::{
    LeftBehind,
    candidate::Adopted,
    namesakes,
    sync::{Changed, There},
};
use crate::{
    Result,
    app::{App, LegacyApplication},
    model::{Event, Party, Reason, Uid, UnixMillis, UserId},
    ops::{
        audit::{AuditContext, Entry, record},
        roles::administrators,
    },
    store::{
        Tx, adoptions,
        credentials::{self, Credential},
        session_ends,
    },
};

impl There {
    /// Returns whether this row is the first one of its name. Called after the password proved right, because it may read the
    /// whole table.
    pub(in crate::ops) async fn is_first(&self, app: &App, application: &LegacyApplication) -> Result<bool> {
        let old = super::open(app, application).await?;
        let name = &self.candidate.name;
        let rows = namesakes::all(app, &old, name.as_typed(), name.key()).await?;
        let open = rows.into_iter().flatten().find(|row| !row.is_shut_out);
        Ok(open.is_none_or(|first| first.id == self.candidate.legacy_id))
    }

    /// Imports the user with this hash. Returns the obstacle, if one exists.
    pub(in crate::ops) async fn adopt(
        &self,
        app: &App,
        tx: &mut Tx,
        uid: Uid,
        password_hash: &str,
        now: UnixMillis,
    ) -> Result<std::result::Result<Credential, LeftBehind>> {
        administrators::hold_role(tx, self.role_id).await?;
        let adopted = Adopted { uid, role_id: self.role_id, password_hash, fingerprint: self.fingerprint, now };
        let mut in_the_way = self.candidate.insert(tx, &adopted).await?;
        if super::make_room(app, tx, &AuditContext::system(), in_the_way).await? {
            in_the_way = self.candidate.insert(tx, &adopted).await?;
        }
        if let Some(why) = in_the_way {
            return Ok(Err(why));
        }
        let party = Party { uid, name: self.candidate.name.as_typed().to_owned() };
        let entry = Entry::done(Event::UserCreated).on(party.clone()).because(Reason::Adopted);
        record(app, tx, &AuditContext::system(), entry).await?;
        let user_id = UserId(self.candidate.legacy_id.0);
        Ok(Ok(Credential { user_id, party, password_hash: password_hash.to_owned(), password_version: 1 }))
    }
}

impl Changed {
    /// Takes over the password of the legacy table, and ends the sessions of the previous one. Returns `None` when another
    /// request did so, or changed the password here, in the meantime.
    pub(in crate::ops) async fn take_over(
        &self,
        app: &App,
        tx: &mut Tx,
        password_hash: &str,
    ) -> Result<Option<Credential>> {
        let (adoption, user_id, party) = (&self.adoption, self.credential.user_id, &self.credential.party);
        let is_first =
            adoptions::password_is_from_there(tx, adoption.legacy_id, adoption.fingerprint, self.fingerprint).await?;
        if !is_first || !credentials::take_over_password(tx, user_id, password_hash).await? {
            return Ok(None);
        }
        let sessions_ended = session_ends::end_all_of(tx, user_id).await?;
        let entry = Entry::done(Event::PasswordChange)
            .on(party.clone())
            .because(Reason::ChangedInOldApplication)
            .with("sessions_ended", sessions_ended);
        record(app, tx, &AuditContext::system(), entry).await?;
        let password_version = self.credential.password_version + 1;
        let party = party.clone();
        Ok(Some(Credential { user_id, party, password_hash: password_hash.to_owned(), password_version }))
    }
}
