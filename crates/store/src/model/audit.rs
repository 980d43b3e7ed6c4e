//! The vocabulary of the audit trail: events, outcomes, reasons, and the acting and affected users.
//!
//! Event names come from the OWASP Logging Vocabulary. Invariant: no value holds a password, a token, a hash or a name
//! as typed. A typed name may be a password in the wrong field.

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
    LoginFail: "authn_login_fail", "A login, or the password that confirms a signed-in user, was refused.";
    LoginFailMax: "authn_login_fail_max",
        "So many passwords were wrong that the next tries have to wait; of an account, a device, or a name that nobody has.";
    LoginLock: "authn_login_lock",
        "So many passwords were wrong that password login is closed for a day, or until an administrator opens it.";
    PasswordChange: "authn_password_change", "A password was changed; other sessions of the user ended.";
    PasswordChangeFail: "authn_password_change_fail",
        "A change of a password was refused: the current one was wrong, or the account may do what the actor may not.";
    AuthorizationFail: "authz_fail",
        "A permission was missing, a password must be changed first, or a login was not fresh; also when applications ask.";
    AuthorizationChange: "authz_change", "A user was given another role, or that was refused.";
    PermissionsChange: "privilege_permissions_changed", "A role was made, changed or deleted, or that was refused.";
    SessionEnd: "session_expired", "Sessions ended: by logout, by somebody's order, or by their limits.";
    UserCreated: "user_created", "An account was made: by sign-up, by somebody, or by adoption; or that was refused.";
    UserUpdated: "user_updated",
        "An account was changed, or opened again, or its password login was; what was changed, but not to what, except a \
         name.";
    UserArchived: "user_archived", "An account was disabled, here or in the old application.";
    UserDeleted: "user_deleted", "An account was deleted, or that was refused.";
    SecretUsed: "sensitive_create", "A version of a secret was used for the first time, but for the one of the first start.";
    SecretRetired: "sensitive_update", "A version of a secret was retired, or forgotten because its key was lost.";
    TrailPruned: "sensitive_delete", "Events older than `audit.retention` were removed.";
} }

words! {
/// The true reason: the rule that rejected, or the cause of an end.
Reason {
    UnknownName: "unknown_name", "Nobody has the name that was given.";
    WrongPassword: "wrong_password", "The password is not that of the account.";
    TooManyFailures: "too_many_failures", "Too many passwords were wrong, one after another.";
    AccountDisabled: "account_disabled", "The account is disabled; the password was right.";
    Overtaken: "overtaken",
        "The password was changed, or the account disabled or deleted, while the login was under way.";
    UnreadableHash: "unreadable_hash", "What is stored as the password's hash cannot be read, so no password fits.";
    NotAdoptable: "not_adoptable",
        "The user of the old application's table cannot be brought over; see `doorward adopt scan`.";
    RecentLoginRequired: "fresh_login_required",
        "The login is more than five minutes old and the current password was not given.";
    PasswordChangeRequired: "password_change_required", "The user must choose another password before anything else.";
    PasswordUnchanged: "password_unchanged", "The new password is the one that must be changed.";
    PermissionMissing: "permission_missing", "The user's role does not hold the permission.";
    AuthorityExceeded: "authority_exceeded",
        "The account or role holds permissions that the user lacks, so the user may neither give them nor act on it.";
    LastAdministrator: "last_administrator", "Nobody who can manage roles would be left.";
    Logout: "logout", "The user logged out.";
    Revoked: "revoked", "The session was ended by its user, an administrator or the operator.";
    Replaced: "replaced", "The client logged in anew, which ends the session that it had.";
    Expired: "expired", "The session reached its idle or its absolute limit.";
    ChangedInOldApplication: "changed_in_old_application",
        "The password was changed, or the account closed, in the old application.";
    DisabledInOldApplication: "disabled_in_old_application",
        "A column of the old application's table says that the user may not log in.";
    Adopted: "adopted", "The user was brought over from the old application's table.";
    KeyLost: "key_lost", "The operator said that nobody has the key any more.";
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
