//! The words of the audit trail: what happened, how it ended, by which rule, who did it and to whom.
//!
//! Names of events are those of the OWASP Logging Vocabulary. Invariant: nothing here can hold a password, a token or a
//! hash, and no name that was merely typed: what somebody typed as a name may be a password in the wrong field.

use super::Uid;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    LoginSuccess,
    LoginFail,
    PasswordChange,
    PasswordChangeFail,
    /// A permission was missing, or an account or role beyond the actor's own permissions was to be touched.
    AuthorizationFail,
    /// A user was given another role.
    AuthorizationChange,
    /// A role was made, changed or deleted.
    PermissionsChange,
    /// A session ended: by logout, by somebody's order, or by its limits.
    SessionEnd,
    UserCreated,
    UserUpdated,
    /// An account was disabled.
    UserArchived,
    UserDeleted,
    /// Events older than their retention were removed.
    TrailPruned,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Success,
    Refused,
}

/// The true reason: the rule that refused, or the cause of an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    UnknownName,
    WrongPassword,
    AccountDisabled,
    /// The password was changed, or the account disabled, between the check and the start of the session.
    Overtaken,
    /// What is stored as the password's hash cannot be read.
    UnreadableHash,
    /// No stored password could be this one: it is empty or too long.
    ImpossiblePassword,
    /// The old application has the name twice, or will not have this user.
    NotAdoptable,
    FreshLoginRequired,
    PasswordChangeRequired,
    PermissionMissing,
    AuthorityExceeded,
    LastAdministrator,
    Logout,
    Revoked,
    Expired,
    Replaced,
    PasswordChanged,
    UserDisabled,
    UserDeleted,
    /// The old application has changed the password, or closed the account.
    ChangedInOldApplication,
    Adopted,
    Retention,
}

/// A user as the trail names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub uid: Uid,
    /// The name at that moment.
    pub name: String,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    User(Party),
    /// Nobody who was known.
    Anonymous,
    /// Whoever runs `doorward` on the command line.
    Operator,
    /// Doorward by itself.
    System,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::LoginSuccess,
        Self::LoginFail,
        Self::PasswordChange,
        Self::PasswordChangeFail,
        Self::AuthorizationFail,
        Self::AuthorizationChange,
        Self::PermissionsChange,
        Self::SessionEnd,
        Self::UserCreated,
        Self::UserUpdated,
        Self::UserArchived,
        Self::UserDeleted,
        Self::TrailPruned,
    ];

    /// Its name in the OWASP Logging Vocabulary, and a sentence on when it is written.
    #[must_use]
    pub const fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::LoginSuccess => ("authn_login_success", "A login started a session."),
            Self::LoginFail => {
                ("authn_login_fail", "A login, or the password that confirms a signed-in user, was refused.")
            }
            Self::PasswordChange => {
                ("authn_password_change", "A password was changed; other sessions of the user ended.")
            }
            Self::PasswordChangeFail => (
                "authn_password_change_fail",
                "A change of a password was refused: the current one was wrong, or the account may do what the actor may not.",
            ),
            Self::AuthorizationFail => (
                "authz_fail",
                "A permission was missing, a password has to be changed first, or the login was not fresh; also when an \
                 application asked.",
            ),
            Self::AuthorizationChange => ("authz_change", "A user was given another role, or that was refused."),
            Self::PermissionsChange => {
                ("privilege_permissions_changed", "A role was made, changed or deleted, or that was refused.")
            }
            Self::SessionEnd => {
                ("session_expired", "Sessions ended: by logout, by somebody's order, or by their limits.")
            }
            Self::UserCreated => {
                ("user_created", "An account was made: by sign-up, by somebody, or by adoption; or that was refused.")
            }
            Self::UserUpdated => (
                "user_updated",
                "An account was changed, or opened again; what was changed, but not to what, except a name.",
            ),
            Self::UserArchived => ("user_archived", "An account was disabled, here or in the old application."),
            Self::UserDeleted => ("user_deleted", "An account was deleted, or that was refused."),
            Self::TrailPruned => ("sensitive_delete", "Events older than `audit.retention` were removed."),
        }
    }

    /// Its name in the OWASP Logging Vocabulary.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.describe().0
    }
}

impl Outcome {
    /// The word that is stored and shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
        }
    }
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::UnknownName,
        Self::WrongPassword,
        Self::AccountDisabled,
        Self::Overtaken,
        Self::UnreadableHash,
        Self::ImpossiblePassword,
        Self::NotAdoptable,
        Self::FreshLoginRequired,
        Self::PasswordChangeRequired,
        Self::PermissionMissing,
        Self::AuthorityExceeded,
        Self::LastAdministrator,
        Self::Logout,
        Self::Revoked,
        Self::Expired,
        Self::Replaced,
        Self::PasswordChanged,
        Self::UserDisabled,
        Self::UserDeleted,
        Self::ChangedInOldApplication,
        Self::Adopted,
        Self::Retention,
    ];

    /// The word that is stored and shown, and a sentence on the rule for people.
    #[must_use]
    pub const fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::UnknownName => ("unknown_name", "Nobody has the name that was given."),
            Self::WrongPassword => ("wrong_password", "The password is not that of the account."),
            Self::AccountDisabled => ("account_disabled", "The account is disabled; the password was right."),
            Self::Overtaken => (
                "overtaken",
                "The password was changed, or the account disabled or deleted, while the login was under way.",
            ),
            Self::UnreadableHash => {
                ("unreadable_hash", "What is stored as the password's hash cannot be read, so no password fits.")
            }
            Self::ImpossiblePassword => {
                ("impossible_password", "The password is empty or longer than any that can be set.")
            }
            Self::NotAdoptable => (
                "not_adoptable",
                "The user of the old application's table cannot be brought over; see `doorward adopt scan`.",
            ),
            Self::FreshLoginRequired => (
                "fresh_login_required",
                "The login is more than five minutes old and the current password was not given.",
            ),
            Self::PasswordChangeRequired => {
                ("password_change_required", "The user must choose another password before anything else.")
            }
            Self::PermissionMissing => ("permission_missing", "The user's role does not hold the permission."),
            Self::AuthorityExceeded => (
                "authority_exceeded",
                "The account or role holds permissions that the user lacks, so the user may neither give them nor act on it.",
            ),
            Self::LastAdministrator => ("last_administrator", "Nobody who can manage roles would be left."),
            Self::Logout => ("logout", "The user logged out."),
            Self::Revoked => ("revoked", "The session was ended by its user, an administrator or the operator."),
            Self::Expired => ("expired", "The session reached its idle or its absolute limit."),
            Self::Replaced => ("replaced", "The client logged in again; its earlier session ended."),
            Self::PasswordChanged => ("password_changed", "The password was changed, which ends the other sessions."),
            Self::UserDisabled => ("user_disabled", "The account was disabled."),
            Self::UserDeleted => ("user_deleted", "The account was deleted."),
            Self::ChangedInOldApplication => (
                "changed_in_old_application",
                "The password was changed, or the account closed, in the old application.",
            ),
            Self::Adopted => ("adopted", "The user was brought over from the old application's table."),
            Self::Retention => ("retention", "Older than `audit.retention`."),
        }
    }

    /// The word that is stored and shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.describe().0
    }
}

impl Actor {
    /// `user`, `anonymous`, `operator` or `system`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Anonymous => "anonymous",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }

    /// The user, if it is one.
    #[must_use]
    pub const fn party(&self) -> Option<&Party> {
        match self {
            Self::User(party) => Some(party),
            Self::Anonymous | Self::Operator | Self::System => None,
        }
    }
}
