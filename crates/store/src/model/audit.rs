//! The vocabulary of the audit trail: events, outcomes, reasons, and the acting and affected users.
//!
//! Event names come from the OWASP Logging Vocabulary. Invariant: no value holds a password, a token, a hash or a typed
//! name. A typed name may be a password in the wrong field.

use super::Uid;

/// Creates the enum and the table of one list, so that both have the same entries.
macro_rules! words {
    ($(#[$about:meta])* $list:ident { $($name:ident: $word:literal, $sentence:literal;)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $list { $(#[doc = $sentence] $name),* }

        impl $list {
            /// All values.
            pub const ALL: [Self; [$(Self::$name),*].len()] = [$(Self::$name),*];

            /// The words of all values.
            pub const WORDS: [&str; Self::ALL.len()] = [$($word),*];

            /// Returns the stored word, and a sentence for people.
            #[must_use]
            pub const fn describe(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($word, $sentence)),* }
            }

            /// Returns the stored word.
            #[must_use]
            pub const fn word(self) -> &'static str {
                self.describe().0
            }
        }
    };
}

words! {
/// The kind of an event. The words come from the OWASP Logging Vocabulary.
Event {
    LoginSuccess: "authn_login_success", "A login started a session.";
    LoginFail: "authn_login_fail", "A login, or a reauthentication of a signed-in user, was refused.";
    LoginFailMax: "authn_login_fail_max",
        "Repeated wrong passwords: the next attempts are delayed, for an account, a device, or an unknown name.";
    LoginLock: "authn_login_lock",
        "Repeated wrong passwords: password login is closed for a day, or until an administrator unlocks it.";
    PasswordChange: "authn_password_change", "A password was changed; other sessions of the user ended.";
    PasswordChangeFail: "authn_password_change_fail",
        "A password change was refused: the current password was wrong, or the account has permissions that the \
         actor lacks.";
    AuthorizationFail: "authz_fail",
        "A permission was missing, a password must be changed first, or a login was not recent; also when \
         applications ask.";
    AuthorizationChange: "authz_change", "A user was given another role, or this was refused.";
    PermissionsChange: "privilege_permissions_changed", "A role was created, changed or deleted, or this was refused.";
    SessionEnd: "session_expired", "Sessions ended: by logout, by revocation, or by their timeouts.";
    UserCreated: "user_created",
        "An account was created: by sign-up, by another user, by the operator, or by adoption; or this was refused.";
    UserUpdated: "user_updated",
        "An account was changed, enabled or unlocked. The event names the changed members, and no value except a \
         name.";
    UserArchived: "user_archived", "An account was disabled, in Doorward or in the legacy application.";
    UserDeleted: "user_deleted", "An account was deleted, or this was refused.";
    SecretUsed: "sensitive_create",
        "A version of a secret was used for the first time, except the version of the first start.";
    SecretRetired: "sensitive_update", "A version of a secret was retired, or forgotten because its key was lost.";
    TrailPruned: "sensitive_delete", "Events older than `audit.retention` were removed.";
} }

words! {
/// The true reason: the rule that rejected, or the cause of an end.
Reason {
    UnknownName: "unknown_name", "No account has this name.";
    WrongPassword: "wrong_password", "The password is not that of the account.";
    TooManyFailures: "too_many_failures", "Too many wrong passwords in a row.";
    AccountDisabled: "account_disabled", "The account is disabled; the password was right.";
    Overtaken: "overtaken",
        "The password was changed, or the account disabled or deleted, while the login was in progress.";
    UnreadableHash: "unreadable_hash", "The stored password hash cannot be read, so no password matches.";
    NotAdoptable: "not_adoptable", "The user of the legacy table cannot be imported; see `doorward adopt scan`.";
    RecentLoginRequired: "fresh_login_required",
        "The login is more than five minutes old and the current password was not given.";
    PasswordChangeRequired: "password_change_required", "The user must change the password first.";
    PasswordUnchanged: "password_unchanged", "The new password is the one that must be changed.";
    PermissionMissing: "permission_missing", "The user's role does not hold the permission.";
    AuthorityExceeded: "authority_exceeded",
        "The account or role holds permissions that the user lacks, so the user may neither grant them nor act on \
         it.";
    LastAdministrator: "last_administrator", "No user who can manage roles would remain.";
    Logout: "logout", "The user logged out.";
    Revoked: "revoked", "The session was ended by its user, an administrator or the operator.";
    Replaced: "replaced", "The client logged in again, which ends its previous session.";
    Expired: "expired", "The session reached its idle or its absolute timeout.";
    ChangedInOldApplication: "changed_in_old_application",
        "The password was changed, or the account closed, in the legacy application.";
    DisabledInOldApplication: "disabled_in_old_application",
        "A column of the legacy table says that the user must not log in.";
    Adopted: "adopted", "The user was imported from the legacy table.";
    KeyLost: "key_lost", "The operator declared the key lost.";
    Retention: "retention", "Older than `audit.retention`.";
} }

/// The outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Success,
    Refused,
}

/// A user as the audit trail names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    pub uid: Uid,
    /// The name at the time of the event.
    pub name: String,
}

/// The actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    User(Party),
    /// An unauthenticated client.
    Anonymous,
    /// The operator on the command line.
    Operator,
    /// Doorward itself.
    System,
}

impl Outcome {
    /// Returns the word that is stored and shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
        }
    }
}

impl Actor {
    /// Returns `user`, `anonymous`, `operator` or `system`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Anonymous => "anonymous",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }

    /// Returns the user, if the actor is one.
    #[must_use]
    pub const fn party(&self) -> Option<&Party> {
        match self {
            Self::User(party) => Some(party),
            Self::Anonymous | Self::Operator | Self::System => None,
        }
    }
}
