//! Sessions and their lifetime.
//!
//! Invariant: each use computes a session's end from the stored instants and the current limits. The end never exceeds
//! the absolute limit (ASVS 7.3, NIST SP 800-63B-4 §2.1.3).

use std::time::Duration;

use super::{Permissions, Uid, UnixMillis, UserId};

/// A session, without its token.
#[derive(Debug, Clone)]
pub struct Session {
    /// The identifier in lists and for revocation. Only the client knows the token.
    pub uid: Uid,
    pub user_id: UserId,
    pub created_at: UnixMillis,
    /// The last time that the user entered the password in this session.
    pub authenticated_at: UnixMillis,
    /// The last recorded use; see [`SessionLimits::is_touch_due`].
    pub last_used_at: UnixMillis,
}

/// The longest idle time and the longest lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    pub idle: Duration,
    pub absolute: Duration,
}

/// The limits for users and for administrators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRules {
    pub users: SessionLimits,
    /// For holders of an administrative permission.
    pub administrators: SessionLimits,
}

/// The time for which a login counts as recent. Irreversible actions then need no password (ASVS 7.5.1).
pub const RECENT: Duration = Duration::from_secs(5 * 60);
/// The largest difference of the clocks of two nodes, and the largest step of a corrected clock, that ends no session.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(10 * 60);
/// The longest time between two records of a use. Each record is a write to the database.
const TOUCH_AFTER: Duration = Duration::from_secs(60);

impl Session {
    /// Returns whether the password was entered at most [`RECENT`] before `now`. An instant in the future, which occurs
    /// if the clock was set back, does not count.
    #[must_use]
    pub fn is_recent(&self, now: UnixMillis) -> bool {
        self.authenticated_at <= now && now <= self.authenticated_at.plus(RECENT)
    }
}

impl SessionLimits {
    /// Returns the end of `session` if it is not used again.
    #[must_use]
    pub fn end_of(&self, session: &Session) -> UnixMillis {
        session.last_used_at.plus(self.idle).min(session.created_at.plus(self.absolute))
    }

    /// Returns whether `session` has ended by `now`. A session that was begun or used in the future has ended too: the
    /// clock ran ahead, so no limit would end the session in time.
    #[must_use]
    pub fn have_ended(&self, session: &Session, now: UnixMillis) -> bool {
        now >= self.end_of(session) || session.created_at.max(session.last_used_at) > now.plus(CLOCK_TOLERANCE)
    }

    /// Returns whether a use at `now` must be recorded: once a minute, or after a twentieth of the idle limit if that
    /// is less. A session may therefore end that much before its idle limit, and never after it.
    #[must_use]
    pub fn is_touch_due(&self, session: &Session, now: UnixMillis) -> bool {
        now >= session.last_used_at.plus(TOUCH_AFTER.min(self.idle / 20))
    }
}

impl SessionRules {
    /// Returns the limits for a holder of `permissions`.
    #[must_use]
    pub fn for_holder_of(&self, permissions: &Permissions) -> SessionLimits {
        if permissions.are_administrative() { self.administrators } else { self.users }
    }

    /// Returns the earliest last use that a live session may have.
    #[must_use]
    pub fn oldest_live_use(&self, now: UnixMillis) -> UnixMillis {
        now.minus(self.users.idle.max(self.administrators.idle))
    }
}
