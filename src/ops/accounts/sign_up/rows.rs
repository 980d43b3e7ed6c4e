//! The rows of a sign-up: the user, what goes with them in the same transaction, and the row of the old application's table.
//!
//! Invariant: there is no user without the event and the idempotency key, and no row there without one here.

use std::sync::{Mutex, PoisonError};

use super::{SignUp, granting::Granting};
use crate::{
    Error, Result,
    app::App,
    model::{Event, Party, Role, UnixMillis, UserAttributes, UserId},
    ops::{
        audit::{self, AuditContext, Entry},
        idempotency::{self, IdempotencyKey},
        legacy::write_back::sign_up::NewLegacyRow,
    },
    store::{
        Tx,
        legacy_users::Insert,
        users::{self, NewUser},
    },
};

/// What goes with a new row.
pub(super) struct Rest<'a> {
    pub by: &'a AuditContext,
    pub granting: &'a Granting<'a>,
    pub role: &'a Role,
    pub password_change_required_at: Option<UnixMillis>,
    pub attributes: &'a UserAttributes,
    pub key: Option<&'a IdempotencyKey>,
}

impl Rest<'_> {
    /// What follows the row, in its transaction; false when the idempotency key was used meanwhile.
    async fn write(&self, app: &App, tx: &mut Tx, id: UserId, row: &NewUser<'_>) -> Result<bool> {
        if self.password_change_required_at.is_some() || self.attributes.is_any() {
            users::complete(tx, id, self.password_change_required_at, self.attributes).await?;
        }
        let subject = Party { uid: row.uid, name: row.name.as_typed().to_owned() };
        let entry = Entry::done(Event::UserCreated).on(subject).with("role", self.role.name.as_str());
        audit::record(app, tx, self.by, entry).await?;
        idempotency::note(tx, self.key, row.uid.as_bytes(), row.created_at).await
    }
}

/// Signs the user up here alone.
pub(super) async fn insert_local(app: &App, row: &NewUser<'_>, rest: &Rest<'_>) -> Result<SignUp> {
    app.db
        .write(async |mut tx: Tx| {
            if let Err(why) = rest.granting.judge(&mut tx, rest.role).await? {
                return tx.roll_back(why).await;
            }
            match users::insert(&mut tx, row).await? {
                Some(id) if rest.write(app, &mut tx, id, row).await? => tx.commit(SignUp::Done(id)).await,
                _ => tx.roll_back(SignUp::NameTaken).await,
            }
        })
        .await
}

/// Signs the user up in both tables, under the number that the old one gives out unless that is taken here.
pub(super) async fn insert_in_both(
    app: &App,
    row: &NewUser<'_>,
    rest: &Rest<'_>,
    legacy: &NewLegacyRow<'_>,
) -> Result<SignUp> {
    let written = Mutex::new(None);
    let outcome = app
        .db
        .write(async |mut tx: Tx| {
            if let Err(why) = rest.granting.judge(&mut tx, rest.role).await? {
                return tx.roll_back(why).await;
            }
            let legacy_id = match legacy.insert(app, &mut tx, row.name, &rest.role.name).await? {
                Insert::Done(legacy_id) => legacy_id,
                Insert::NameTaken => return tx.roll_back(SignUp::NameTaken).await,
                Insert::Unfit => return tx.roll_back(SignUp::NameUnfit).await,
            };
            *written.lock().unwrap_or_else(PoisonError::into_inner) = Some(legacy_id);
            let same = UserId(legacy_id.0);
            let id = match users::by_id(&mut tx, same).await? {
                None => users::insert_numbered(&mut tx, same, row).await?.then_some(same),
                Some(_) => users::insert(&mut tx, row).await?,
            };
            let Some(id) = id else { return tx.roll_back(SignUp::NameTaken).await };
            let is_noted = legacy.note(&mut tx, legacy_id, id, row.created_at).await?;
            if is_noted && rest.write(app, &mut tx, id, row).await? {
                tx.commit(SignUp::Done(id)).await
            } else {
                tx.roll_back(SignUp::NameTaken).await
            }
        })
        .await;
    let written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
    let is_surely_not_here = match &outcome {
        Ok(SignUp::Done(_)) => false,
        Ok(_) | Err(Error::Conflict(_)) => true,
        // After any other error it is not known whether the user is here.
        Err(_) => false,
    };
    if let (true, Some(legacy_id)) = (is_surely_not_here, written) {
        legacy.withdraw(app, legacy_id, row.name).await;
    }
    outcome
}
