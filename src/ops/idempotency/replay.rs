//! The answer to a create that repeats an earlier one.
//!
//! Invariant: the record of a key contains no password, so the password of the account is tested. A repeated sign-up
//! with another password is another request, and a client without the password learns nothing about the account.

use doorward_password::Password;

use super::{Earlier, IdempotencyKey, look};
use crate::{
    Error,
    app::App,
    model::{Actor, Event, Name, Reason, Role, RoleId, Uid},
    ops::{
        audit::{self, AuditContext, AuditEntry},
        auth::check_password::{Checked, PresentedPassword, check},
        outcome::{Limited, OpResult},
    },
    store::{
        accounts::{self, Account},
        roles,
    },
};

/// The reason why a repeated create is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayRefused {
    /// Another request has used the key.
    KeyReused,
    /// The resource of the first request is deleted.
    Gone,
    /// The password of the created account cannot be tested now.
    Limited(Limited),
}

/// Returns the account that the first request created; `None` if the key is new.
pub(in crate::ops) async fn account(
    app: &App,
    by: &AuditContext,
    key: Option<&IdempotencyKey>,
    (name, password): (&Name, &Password),
) -> OpResult<Option<Account>, ReplayRefused> {
    let made = {
        let mut conn = app.db.read().await?;
        match look(app, &mut conn, key).await? {
            Earlier::Nothing => return Ok(Ok(None)),
            Earlier::Another => return Ok(Err(ReplayRefused::KeyReused)),
            Earlier::Made(uid) => accounts::find(&mut conn, Uid::from_stored(&uid)?.into()).await?,
        }
    };
    let Some(made) = made else { return Ok(Err(ReplayRefused::Gone)) };
    let presented = PresentedPassword { typed: name.as_typed(), name: name.key(), password, user: Some(made.user.id) };
    match check(app, by, &presented, Event::LoginFail).await? {
        // As at a login, the answer does not show that the account is disabled, and the attempt stays counted.
        Checked::Right(right) if by.actor == Actor::Anonymous && made.user.disabled_at.is_some() => {
            right.ticket.fail();
            let entry = AuditEntry::refused(Event::LoginFail, Reason::AccountDisabled).on(made.user.party());
            audit::record_refusal(app, by, entry).await?;
            Ok(Err(ReplayRefused::KeyReused))
        }
        Checked::Right(right) => {
            right.ticket.pass_at_once(app).await?;
            Ok(Ok(Some(made)))
        }
        Checked::Wrong => Ok(Err(ReplayRefused::KeyReused)),
        Checked::Limited(limited) => Ok(Err(ReplayRefused::Limited(limited))),
    }
}

/// The reason why a repeated create of a role is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleReplayRefused {
    /// Another request has used the key.
    KeyReused,
    /// The role of the first request is deleted.
    Gone,
}

/// Returns the role that the first request created; `None` if the key is new.
pub(in crate::ops) async fn role(app: &App, key: Option<&IdempotencyKey>) -> OpResult<Option<Role>, RoleReplayRefused> {
    let mut conn = app.db.read().await?;
    match look(app, &mut conn, key).await? {
        Earlier::Nothing => Ok(Ok(None)),
        Earlier::Another => Ok(Err(RoleReplayRefused::KeyReused)),
        Earlier::Made(id) => {
            let id = id.try_into().map_err(|_| Error::Corrupt("a role's id that is not 8 bytes long"))?;
            let role = roles::by_id(&mut conn, RoleId(i64::from_be_bytes(id))).await?;
            Ok(role.map(Some).ok_or(RoleReplayRefused::Gone))
        }
    }
}
