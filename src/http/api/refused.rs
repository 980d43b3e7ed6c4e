//! Refusals of operations as problems of `/api/v1`.

use super::{
    invalid::{Invalid, Violation},
    member_types::ATTRIBUTES_TOO_LARGE,
    problem::{ErrorCode, Problem},
};
use crate::{
    model::PasswordProblem,
    ops::{
        accounts::{
            change_password::{ChangeConfirmedRefused, ChangePasswordRefused, SetPasswordRefused},
            delete::{DeleteOwnRefused, DeleteUserRefused},
            disable::{DisableRefused, EnableRefused},
            edit::{EditOwnRefused, EditRefused, EditUserRefused},
            sign_up::{CreateUserRefused, NewAccountRefused, RepeatableSignUpRefused, SignUpRefused},
            unlock::UnlockRefused,
        },
        auth::{
            log_in::LogInRefused,
            reauthenticate::{NotConfirmed, NotReauthenticated},
        },
        idempotency::replay::{ReplayRefused, RoleReplayRefused},
        outcome::{Denied, Limited},
        roles::{
            create::CreateRoleRefused,
            edit::{DeleteRoleRefused, EditRoleRefused},
        },
        sessions::end::{EndOwnRefused, EndSessionsRefused},
    },
};

/// Each refusal of an operation, and its problem.
macro_rules! problems {
    ($($refused:ident { $($variant:ident $(($inner:ident))? => $answer:expr,)* })*) => {
        $(impl From<$refused> for Problem {
            fn from(refused: $refused) -> Self {
                match refused {
                    $($refused::$variant $(($inner))? => $answer.into(),)*
                }
            }
        })*
    };
}

problems! {
    Denied {
        Lost => ErrorCode::NotSignedIn,
        Exceeded => ErrorCode::AuthorityExceeded,
    }
    Limited {
        Throttled(after) => Problem::throttled(after),
        Overloaded(after) => Problem::overloaded(after),
    }
    LogInRefused {
        WrongCredentials => ErrorCode::WrongCredentials,
        Limited(limited) => limited,
    }
    NotConfirmed {
        WrongPassword => ErrorCode::WrongCurrentPassword,
        Limited(limited) => limited,
    }
    NotReauthenticated {
        RecentLoginRequired => ErrorCode::RecentLoginRequired,
        NotConfirmed(refused) => refused,
    }
    NewAccountRefused {
        NameTaken => ErrorCode::NameTaken,
        NameReserved => name_reserved(),
        NameUnfit => name_unfit(),
        PasswordRejected(problem) => password_rejected("password", problem),
        Limited(limited) => limited,
    }
    SignUpRefused {
        Disabled => ErrorCode::SignUpDisabled,
        Account(refused) => refused,
    }
    RepeatableSignUpRefused {
        SignUp(refused) => refused,
        Replay(refused) => refused,
    }
    CreateUserRefused {
        Account(refused) => refused,
        NoSuchRole => unknown_role(),
        Replay(refused) => refused,
        Denied(denied) => denied,
    }
    ReplayRefused {
        KeyReused => ErrorCode::IdempotencyKeyReused,
        Gone => ErrorCode::IdempotencyKeyGone,
        Limited(limited) => limited,
    }
    RoleReplayRefused {
        KeyReused => ErrorCode::IdempotencyKeyReused,
        Gone => ErrorCode::IdempotencyKeyGone,
    }
    EditRefused {
        NameTaken => ErrorCode::NameTaken,
        NameReserved => name_reserved(),
        NameLinked => ErrorCode::NameLinked,
        AttributesTooLarge => too_large("attributes"),
    }
    EditOwnRefused {
        Edit(refused) => refused,
        Outdated => ErrorCode::VersionMismatch,
        Throttled(after) => Problem::throttled(after),
        SessionEnded => ErrorCode::NotSignedIn,
    }
    EditUserRefused {
        Edit(refused) => refused,
        NoSuchUser => ErrorCode::NotFound,
        NoSuchRole => unknown_role(),
        OwnAccount => ErrorCode::OwnAccount,
        Outdated => ErrorCode::VersionMismatch,
        AdminAttributesTooLarge => too_large("admin_attributes"),
        LastAdministrator => ErrorCode::LastAdministrator,
        Denied(denied) => denied,
    }
    DeleteUserRefused {
        NoSuchUser => ErrorCode::NotFound,
        OwnAccount => ErrorCode::OwnAccount,
        Outdated => ErrorCode::VersionMismatch,
        LastAdministrator => ErrorCode::LastAdministrator,
        Denied(denied) => denied,
    }
    DeleteOwnRefused {
        Outdated => ErrorCode::VersionMismatch,
        LastAdministrator => ErrorCode::LastAdministrator,
        SessionEnded => ErrorCode::NotSignedIn,
    }
    DisableRefused {
        NoSuchUser => ErrorCode::NotFound,
        OwnAccount => ErrorCode::OwnAccount,
        Outdated => ErrorCode::VersionMismatch,
        LastAdministrator => ErrorCode::LastAdministrator,
        Denied(denied) => denied,
    }
    EnableRefused {
        NoSuchUser => ErrorCode::NotFound,
        Outdated => ErrorCode::VersionMismatch,
        Denied(denied) => denied,
    }
    UnlockRefused {
        NoSuchUser => ErrorCode::NotFound,
        OwnAccount => ErrorCode::OwnAccount,
        Denied(denied) => denied,
    }
    ChangeConfirmedRefused {
        Outdated => ErrorCode::VersionMismatch,
        Change(refused) => refused,
    }
    ChangePasswordRefused {
        SessionEnded => ErrorCode::NotSignedIn,
        PasswordRejected(problem) => password_rejected("new_password", problem),
        Limited(limited) => limited,
    }
    SetPasswordRefused {
        NoSuchUser => ErrorCode::NotFound,
        OwnAccount => ErrorCode::OwnAccount,
        Outdated => ErrorCode::VersionMismatch,
        PasswordRejected(problem) => password_rejected("new_password", problem),
        Limited(limited) => limited,
        Denied(denied) => denied,
    }
    EndOwnRefused {
        NoSuchSession => ErrorCode::NotFound,
        SessionEnded => ErrorCode::NotSignedIn,
    }
    EndSessionsRefused {
        NoSuchUser => ErrorCode::NotFound,
        NoSuchSession => ErrorCode::NotFound,
        OwnAccount => ErrorCode::OwnAccount,
        Denied(denied) => denied,
    }
    CreateRoleRefused {
        NameTaken => ErrorCode::RoleNameTaken,
        TooMany => ErrorCode::TooManyRoles,
        Replay(refused) => refused,
        Denied(denied) => denied,
    }
    EditRoleRefused {
        NoSuchRole => ErrorCode::NotFound,
        Outdated => ErrorCode::VersionMismatch,
        BuiltIn => ErrorCode::RoleIsBuiltIn,
        LastAdministrator => ErrorCode::LastAdministrator,
        Denied(denied) => denied,
    }
    DeleteRoleRefused {
        NoSuchRole => ErrorCode::NotFound,
        Outdated => ErrorCode::VersionMismatch,
        InUse => ErrorCode::RoleInUse,
        BuiltIn => ErrorCode::RoleIsBuiltIn,
        Denied(denied) => denied,
    }
}

fn name_unfit() -> Problem {
    let detail = "The name does not fit into the legacy application's table, to which sign-ups are written.";
    Problem::invalid(vec![Invalid::member("name", Violation::TooLong, detail)])
}

/// Returns the problem of a name that is reserved or looks like an administrator's.
fn name_reserved() -> Problem {
    Problem::invalid(vec![Invalid::member(
        "name",
        Violation::Reserved,
        "This name is not available. Choose another one.",
    )])
}

fn unknown_role() -> Problem {
    Problem::invalid(vec![Invalid::member("role", Violation::UnknownRole, "No role has this name.")])
}

fn password_rejected(member: &'static str, problem: PasswordProblem) -> Problem {
    Problem::invalid(vec![Invalid::password(member, problem)])
}

fn too_large(member: &'static str) -> Problem {
    Problem::invalid(vec![Invalid::member(member, Violation::TooLong, ATTRIBUTES_TOO_LARGE)])
}
