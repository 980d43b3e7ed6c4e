//! Sessions: how long one lives.
//!
//! Invariant: a session's end is computed from instants that are stored, at every use, from the limits in force now; it
//! is never extended beyond the absolute limit (ASVS 7.3, NIST SP 800-63B-4 §2.1.3).

use std::time::Duration;

use super::{Permissions, Uid, UnixMillis, UserId};

/// A session, without its token.
#[derive(Debug, Clone)]
pub struct Session {
    /// By which it is listed and revoked; the token is known only to the client.
    pub uid: Uid,
    pub user_id: UserId,
    pub created_at: UnixMillis,
    /// When its user last showed their password for it.
    pub authenticated_at: UnixMillis,
    /// The last use that was written down; see [`SessionLimits::is_touch_due`].
    pub last_used_at: UnixMillis,
}

/// For how long a session may be idle, and for how long it may live at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    pub idle: Duration,
    pub absolute: Duration,
}

/// The two sets of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRules {
    pub users: SessionLimits,
    /// For holders of an administrative permission.
    pub administrators: SessionLimits,
}

/// For how long a login counts as fresh, so that it need not be confirmed before what cannot be undone (ASVS 7.5.1).
pub const RECENT: Duration = Duration::from_secs(5 * 60);
/// How far behind a session's recorded last use may be, at most: each record is a write to the database.
const TOUCH_AFTER: Duration = Duration::from_secs(60);

impl Session {
    /// Whether the password was shown at most [`RECENT`] before `now`. An instant to come, after a clock has stepped back,
    /// is not fresh.
    #[must_use]
    pub fn is_recent(&self, now: UnixMillis) -> bool {
        self.authenticated_at <= now && now <= self.authenticated_at.plus(RECENT)
    }
}

impl SessionLimits {
    /// When `session` ends, unless it is used before.
    #[must_use]
    pub fn end_of(&self, session: &Session) -> UnixMillis {
        session.last_used_at.plus(self.idle).min(session.created_at.plus(self.absolute))
    }

    /// Whether `session` has ended by `now`.
    #[must_use]
    pub fn have_ended(&self, session: &Session, now: UnixMillis) -> bool {
        now >= self.end_of(session)
    }

    /// Whether a use at `now` is to be written down: once a minute, or a twentieth of the idle limit if that is less. A
    /// session may therefore end that much before its idle limit, and never after it.
    #[must_use]
    pub fn is_touch_due(&self, session: &Session, now: UnixMillis) -> bool {
        now >= session.last_used_at.plus(TOUCH_AFTER.min(self.idle / 20))
    }
}

impl SessionRules {
    /// The limits for whoever holds `permissions`.
    #[must_use]
    pub fn for_holder_of(&self, permissions: &Permissions) -> SessionLimits {
        if permissions.are_administrative() { self.administrators } else { self.users }
    }

    /// Before this instant no session was used that can still be alive.
    #[must_use]
    pub fn oldest_live_use(&self, now: UnixMillis) -> UnixMillis {
        now.minus(self.users.idle.max(self.administrators.idle))
    }
}
