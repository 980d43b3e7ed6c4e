//! The preparation of a new account before its transaction, and its rows inside it.
//!
//! Invariants: no user exists without the audit event and the idempotency key. No new row in the legacy table exists
//! without a local user.

use std::sync::{Mutex, PoisonError};

use super::{new_account::NewAccount, refused::NewAccountRefused};
use crate::{
    Error, Result,
    app::App,
    model::{Event, LegacyId, Role, Uid, UnixMillis, User, UserId},
    ops::{
        accounts::name_rules::{self, Asking},
        audit::{self, AuditContext, AuditEntry},
        auth::hash_password::{NotHashed, judge_and_hash},
        idempotency::{self, IdempotencyKey},
        legacy::write_back::sign_up::{self, LegacySignUp, NewLegacyRow},
        steps::{Refusal, Steps, Stop},
    },
    store::{
        Tx,
        accounts::Account,
        legacy_users::Insert,
        new_users::{self, NewUser},
        users,
    },
};

/// A new account, with all values that are computed before the transaction.
pub(super) struct PreparedSignUp<'a> {
    new: &'a NewAccount<'a>,
    role: &'a Role,
    uid: Uid,
    hash: String,
    now: UnixMillis,
    /// The row for the legacy table, if sign-ups are written back.
    legacy: Option<NewLegacyRow<'a>>,
    /// The id of that row after it was written.
    written: Mutex<Option<LegacyId>>,
}

impl<'a> PreparedSignUp<'a> {
    /// Checks the name and the password, and hashes the password.
    pub async fn new(
        app: &'a App,
        new: &'a NewAccount<'a>,
        role: &'a Role,
        asking: Asking,
    ) -> Result<std::result::Result<Self, NewAccountRefused>> {
        // This check is first, so a client must send a valid password to learn whether a name is taken.
        if let Err(problem) = new.policy.check(&new.password, new.name.as_typed()) {
            return Ok(Err(NewAccountRefused::PasswordRejected(problem)));
        }
        {
            let mut conn = app.db.read().await?;
            // This check only saves a hash. The unique key decides.
            if users::by_key(&mut conn, new.name.key()).await?.is_some() {
                return Ok(Err(NewAccountRefused::NameTaken));
            }
            if name_rules::refuse(app, &mut conn, (new.name, None), asking).await? {
                return Ok(Err(NewAccountRefused::NameReserved));
            }
        }
        let table = match sign_up::before_sign_up(app, new.name).await? {
            LegacySignUp::NotWritten => None,
            LegacySignUp::NameTaken => return Ok(Err(NewAccountRefused::NameTaken)),
            LegacySignUp::NameUnfit => return Ok(Err(NewAccountRefused::NameUnfit)),
            LegacySignUp::Written(table) => Some(table),
        };
        let hash = match judge_and_hash(app, new.policy.clone(), new.name.as_typed(), new.password.clone()).await? {
            Ok(hash) => hash,
            Err(NotHashed::Rejected(problem)) => return Ok(Err(NewAccountRefused::PasswordRejected(problem))),
            Err(NotHashed::Limited(limited)) => return Ok(Err(NewAccountRefused::Limited(limited))),
        };
        let legacy = match table {
            None => None,
            Some(table) => match NewLegacyRow::new(app, table, &new.password).await? {
                Ok(row) => Some(row),
                Err(NotHashed::Rejected(problem)) => return Ok(Err(NewAccountRefused::PasswordRejected(problem))),
                Err(NotHashed::Limited(limited)) => return Ok(Err(NewAccountRefused::Limited(limited))),
            },
        };
        let now = app.clock.now();
        let uid = Uid::new(now, &app.rng)?;
        Ok(Ok(Self { new, role, uid, hash, now, legacy, written: Mutex::new(None) }))
    }

    /// Returns the role of the account.
    pub fn role(&self) -> &Role {
        self.role
    }

    /// Inserts the account, its audit event and the idempotency key. The name counts as taken if the key was used meanwhile.
    pub async fn insert(
        &self,
        app: &App,
        tx: &mut Tx,
        by: &AuditContext,
        key: Option<&IdempotencyKey>,
    ) -> Steps<Account, NewAccountRefused> {
        let taken = || Stop::refused(NewAccountRefused::NameTaken);
        let id = match &self.legacy {
            None => new_users::insert(tx, &self.row()).await?.ok_or_else(taken)?,
            Some(legacy) => self.insert_in_both(app, tx, legacy).await?,
        };
        let account = self.account(id);
        let (required_at, attributes) = (account.user.password_change_required_at, &account.attributes);
        if required_at.is_some() || attributes.is_any() {
            new_users::complete(tx, id, required_at, attributes).await?;
        }
        let entry = AuditEntry::done(Event::UserCreated).on(account.user.party()).with("role", self.role.name.as_str());
        audit::record(app, tx, by, entry).await?;
        if !idempotency::note(tx, key, self.uid.as_bytes(), self.now).await? {
            return Err(taken());
        }
        Ok(account)
    }

    /// Inserts the user in both tables, with the id of the legacy table unless a local user has it.
    async fn insert_in_both(
        &self,
        app: &App,
        tx: &mut Tx,
        legacy: &NewLegacyRow<'_>,
    ) -> Steps<UserId, NewAccountRefused> {
        let taken = || Stop::refused(NewAccountRefused::NameTaken);
        let legacy_id = match legacy.insert(app, tx, self.new.name, &self.role.name).await? {
            Insert::Done(legacy_id) => legacy_id,
            Insert::Duplicate(_) => return Err(taken()),
            Insert::Unfit => return Err(Stop::refused(NewAccountRefused::NameUnfit)),
        };
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(legacy_id);
        let same = UserId(legacy_id.0);
        let id = match users::by_id(tx, same).await? {
            None => new_users::insert_numbered(tx, same, &self.row()).await?.then_some(same),
            Some(_) => new_users::insert(tx, &self.row()).await?,
        };
        let id = id.ok_or_else(taken)?;
        if !legacy.note(tx, legacy_id, id, self.now).await? {
            return Err(taken());
        }
        Ok(id)
    }

    /// Removes the row from the legacy table if the transaction certainly created no local user.
    pub async fn settle<D, R>(
        &self,
        ended: Result<std::result::Result<D, Refusal<R>>>,
    ) -> Result<std::result::Result<D, Refusal<R>>> {
        // After any other error, the local user may exist.
        let is_surely_not_here = matches!(ended, Ok(Err(_)) | Err(Error::Conflict(_)));
        let written = *self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let (true, Some(legacy_id), Some(legacy)) = (is_surely_not_here, written, &self.legacy) {
            legacy.withdraw(legacy_id, self.new.name).await;
        }
        ended
    }

    fn row(&self) -> NewUser<'_> {
        NewUser {
            uid: self.uid,
            name: self.new.name,
            role_id: self.role.id,
            password_hash: Some(&self.hash),
            created_at: self.now,
        }
    }

    fn account(&self, id: UserId) -> Account {
        let user = User {
            id,
            uid: self.uid,
            name: self.new.name.as_typed().to_owned(),
            role_id: self.role.id,
            created_at: self.now,
            last_login_at: None,
            disabled_at: None,
            password_change_required_at: self.new.must_change_password.then_some(self.now),
            version: 1,
        };
        Account { user, role: self.role.clone(), attributes: self.new.attributes.clone() }
    }
}
