//! What the endpoints of accounts share: members of bodies, the confirmation by password, and refusals as problems.

use doorward_password::Password;
use serde_json::{Map, Value};

use super::super::{
    fields::{Field, Kind, optional},
    invalid::{Invalid, Violation},
    operation::RequestBody,
    problem::{ErrorCode, Problem},
    values::Values,
};
use crate::{
    app::App,
    model::{AttributesPatch, Uid, UserId},
    ops::{
        SignedIn,
        accounts::{delete::DeleteUser, edit::EditUser},
        auth::reauthenticate::{self, NotReauthenticated, RecentlyAuthenticated},
    },
    store::users,
};

/// To confirm by the current password what else takes a fresh login.
pub const CURRENT_PASSWORD: Field = optional(
    "current_password",
    Kind::Password,
    "The password that the account has now; needed when the login is more than five minutes old.",
    "correct horse battery staple",
);

/// A change of what the application keeps of the user.
pub const ATTRIBUTES: Field = optional(
    "attributes",
    Kind::Object,
    "Members to set in the attributes; null takes one away, and null for the whole takes all. They may have 8192 \
     bytes as compact JSON.",
    r#"{"locale": "en"}"#,
)
.or_null();

pub const ATTRIBUTES_TOO_LARGE: &str = "May have 8192 bytes in all, and 32 levels of objects and lists.";

/// A body that holds nothing but the current password, if that.
pub const CONFIRMATION: RequestBody = RequestBody::optional(&[CURRENT_PASSWORD]);

/// The number of the account with this identifier.
pub async fn id_of(app: &App, uid: Uid) -> Result<UserId, Problem> {
    let mut conn = app.db.read().await?;
    let user = users::by_uid(&mut conn, uid).await?;
    user.map(|user| user.id).ok_or_else(|| ErrorCode::NotFound.into())
}

/// The merge patch that the member `name` holds. Null for the whole takes all members away.
pub fn attributes_patch(body: &mut Values, name: &'static str) -> Result<Option<AttributesPatch>, Problem> {
    let given: Option<Option<Map<String, Value>>> = body.patch(name)?;
    Ok(given.map(|patch| patch.map_or(AttributesPatch::Clear, AttributesPatch::Merge)))
}

/// A fresh login, or the right current password, before `what` is done.
pub async fn confirmed(
    app: &App,
    signed_in: &SignedIn,
    current: Option<Password>,
    what: &str,
) -> Result<RecentlyAuthenticated, Problem> {
    reauthenticate::recently(app, signed_in, current, what).await?.map_err(unconfirmed)
}

pub fn unconfirmed(why: NotReauthenticated) -> Problem {
    match why {
        NotReauthenticated::RecentLoginRequired => ErrorCode::RecentLoginRequired.into(),
        NotReauthenticated::WrongPassword => ErrorCode::WrongCurrentPassword.into(),
        NotReauthenticated::Throttled(after) => Problem::throttled(after),
        NotReauthenticated::Overloaded(full) => full.into(),
    }
}

pub fn edited(outcome: EditUser) -> Result<(), Problem> {
    let too_large = |name| Problem::invalid(vec![Invalid::member(name, Violation::TooLong, ATTRIBUTES_TOO_LARGE)]);
    Err(match outcome {
        EditUser::Done => return Ok(()),
        EditUser::NoSuchUser => ErrorCode::NotFound.into(),
        EditUser::NoSuchRole => unknown_role(),
        EditUser::OwnAccount => ErrorCode::OwnAccount.into(),
        EditUser::NameTaken => ErrorCode::NameTaken.into(),
        EditUser::NameReserved => name_reserved(),
        EditUser::NameLinked => ErrorCode::NameLinked.into(),
        EditUser::Throttled(after) => Problem::throttled(after),
        EditUser::Outdated => ErrorCode::VersionMismatch.into(),
        EditUser::AttributesTooLarge => too_large("attributes"),
        EditUser::AdminAttributesTooLarge => too_large("admin_attributes"),
        EditUser::LastAdministrator => ErrorCode::LastAdministrator.into(),
        EditUser::AuthorityLost => ErrorCode::NotSignedIn.into(),
        EditUser::AuthorityExceeded => ErrorCode::AuthorityExceeded.into(),
    })
}

/// One answer for names that are reserved and for those that look like an administrator's.
pub fn name_reserved() -> Problem {
    Problem::invalid(vec![Invalid::member("name", Violation::Reserved, "This name cannot be taken; choose another.")])
}

pub fn unknown_role() -> Problem {
    Problem::invalid(vec![Invalid::member("role", Violation::UnknownRole, "There is no role of this name.")])
}

pub fn deletion_refused(outcome: DeleteUser) -> Problem {
    match outcome {
        DeleteUser::NoSuchUser => ErrorCode::NotFound.into(),
        DeleteUser::Outdated => ErrorCode::VersionMismatch.into(),
        DeleteUser::OwnAccount => ErrorCode::OwnAccount.into(),
        DeleteUser::LastAdministrator => ErrorCode::LastAdministrator.into(),
        DeleteUser::AuthorityLost => ErrorCode::NotSignedIn.into(),
        DeleteUser::AuthorityExceeded => ErrorCode::AuthorityExceeded.into(),
        DeleteUser::Done => ErrorCode::Internal.into(),
    }
}
