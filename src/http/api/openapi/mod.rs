//! What an operation is to the world: the table from which its input is read, the OpenAPI document and the readable page
//! are made.
//!
//! Each endpoint states its own [`Operation`] beside its handler; [`OPERATIONS`] is the list of them. Invariant: nothing
//! of what the documents say is written a second time.

mod document;
mod page;
mod responses;
pub mod shape;

use axum::http::StatusCode;

pub use self::{
    document::document,
    page::{page, page_policy},
    shape::{Object, Shape},
};
use super::{
    audit_events, authorize,
    fields::{Field, Kind},
    problem::ErrorCode,
    query::Parameter,
    roles,
    sessions::{current, log_in, of_user, own},
    users::{create, list, me, one, password, state},
};
use crate::model::Permission;

/// One method of one path.
#[derive(Debug)]
pub struct Operation {
    /// In lower case, as OpenAPI has it.
    pub method: &'static str,
    pub path: &'static str,
    /// The name of the function in generated clients.
    pub id: &'static str,
    pub tag: Tag,
    pub summary: &'static str,
    pub description: &'static str,
    pub who: Who,
    pub query: &'static [Parameter],
    pub body: Option<RequestBody>,
    /// Whether it takes `If-Match`.
    pub is_conditional: bool,
    /// Whether it takes `Idempotency-Key`.
    pub is_idempotent: bool,
    pub success: Success,
    /// What it may answer beyond what [`Operation::problems`] knows of any operation of its kind.
    pub problems: &'static [ErrorCode],
}

/// A chapter of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    Users,
    Sessions,
    Roles,
    AuditTrail,
}

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Anybody,
    /// Anybody, while sign-up is open; else holders of the permission.
    AnybodyOr(Permission),
    SignedIn,
    /// Signed-in users, also those who must choose another password first.
    SignedInAnyhow,
    HolderOf(Permission),
}

/// A body that is a JSON object.
#[derive(Debug)]
pub struct RequestBody {
    pub fields: &'static [Field],
    pub is_optional: bool,
    /// Whether `application/merge-patch+json` is accepted too.
    pub is_patch: bool,
}

/// What is answered when all is well.
#[derive(Debug)]
pub struct Success {
    pub status: StatusCode,
    pub meaning: &'static str,
    pub content: Content,
    pub headers: &'static [Header],
}

/// The body of a success.
#[derive(Debug)]
pub enum Content {
    Nothing,
    One(&'static Object),
    /// A page of a list.
    Page(&'static Object),
}

/// A response header that not every response has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    ETag,
    Location,
    SetCookie,
    ClearSiteData,
}

impl RequestBody {
    /// A body that must be there.
    pub const fn required(fields: &'static [Field]) -> Self {
        Self { fields, is_optional: false, is_patch: false }
    }

    /// A body that may be left out.
    pub const fn optional(fields: &'static [Field]) -> Self {
        Self { fields, is_optional: true, is_patch: false }
    }

    /// The body of a PATCH.
    pub const fn patch(fields: &'static [Field]) -> Self {
        Self { fields, is_optional: false, is_patch: true }
    }
}

impl Success {
    /// 200 with one object.
    pub const fn ok(meaning: &'static str, object: &'static Object, headers: &'static [Header]) -> Self {
        Self { status: StatusCode::OK, meaning, content: Content::One(object), headers }
    }

    /// 200 with a page.
    pub const fn page(meaning: &'static str, object: &'static Object) -> Self {
        Self { status: StatusCode::OK, meaning, content: Content::Page(object), headers: &[] }
    }

    /// 201 with what was made.
    pub const fn created(meaning: &'static str, object: &'static Object, headers: &'static [Header]) -> Self {
        Self { status: StatusCode::CREATED, meaning, content: Content::One(object), headers }
    }

    /// 204.
    pub const fn nothing(meaning: &'static str, headers: &'static [Header]) -> Self {
        Self { status: StatusCode::NO_CONTENT, meaning, content: Content::Nothing, headers }
    }
}

impl Operation {
    /// An operation without input, which its endpoint adds to.
    pub const fn new(method: &'static str, path: &'static str, id: &'static str, tag: Tag, success: Success) -> Self {
        Self {
            method,
            path,
            id,
            tag,
            summary: "",
            description: "",
            who: Who::SignedIn,
            query: &[],
            body: None,
            is_conditional: false,
            is_idempotent: false,
            success,
            problems: &[],
        }
    }

    /// All that it may answer when it refuses or fails, in the order of the catalogue.
    pub fn problems(&self) -> Vec<ErrorCode> {
        let mut codes =
            vec![ErrorCode::InvalidInput, ErrorCode::Internal, ErrorCode::Overloaded, ErrorCode::Unavailable];
        codes.extend(self.problems);
        codes.extend(match self.who {
            Who::Anybody => &[][..],
            Who::AnybodyOr(_) | Who::HolderOf(_) => {
                &[ErrorCode::NotSignedIn, ErrorCode::PasswordChangeRequired, ErrorCode::PermissionMissing]
            }
            Who::SignedIn => &[ErrorCode::NotSignedIn, ErrorCode::PasswordChangeRequired],
            Who::SignedInAnyhow => &[ErrorCode::NotSignedIn],
        });
        let mut add = |condition: bool, more: &[ErrorCode]| {
            if condition {
                codes.extend(more);
            }
        };
        add(self.method != "get", &[ErrorCode::CrossSite]);
        add(
            self.body.is_some(),
            &[
                ErrorCode::MalformedBody,
                ErrorCode::BodyTooSlow,
                ErrorCode::BodyTooLarge,
                ErrorCode::UnsupportedMediaType,
            ],
        );
        add(self.tests_password(), &[ErrorCode::TooManyAttempts]);
        add(self.is_conditional, &[ErrorCode::VersionMismatch]);
        add(self.is_idempotent, &[ErrorCode::IdempotencyKeyReused, ErrorCode::IdempotencyKeyGone]);
        add(self.path.contains('{'), &[ErrorCode::NotFound]);
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

impl Operation {
    /// Whether its body has the password of an account, which is then tested.
    pub fn tests_password(&self) -> bool {
        self.body.as_ref().is_some_and(|body| body.fields.iter().any(|field| matches!(field.kind, Kind::Password)))
    }
}

impl Tag {
    pub const ALL: [Self; 4] = [Self::Users, Self::Sessions, Self::Roles, Self::AuditTrail];

    /// Its name, and what the chapter is about.
    pub const fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::Users => ("Users", "Accounts: one's own under `/users/me`, and those of others."),
            Self::Sessions => ("Sessions", "Logins: to log in and out, to see and end sessions."),
            Self::Roles => ("Roles", "Named sets of permissions, and what a session may do."),
            Self::AuditTrail => ("Audit trail", "What happened, who did it, and why it was refused."),
        }
    }
}

/// Every operation of `/api/v1`.
pub const OPERATIONS: [&Operation; 29] = [
    &create::DOC,
    &list::DOC,
    &me::SHOW,
    &me::CHANGE,
    &me::DELETE,
    &password::CHANGE_OWN,
    &one::SHOW,
    &one::CHANGE,
    &one::DELETE,
    &password::SET,
    &state::DISABLE,
    &state::ENABLE,
    &state::UNLOCK,
    &of_user::LIST,
    &of_user::END_ALL,
    &of_user::END_ONE,
    &log_in::DOC,
    &own::LIST,
    &own::END_OTHERS,
    &current::SHOW,
    &current::END,
    &own::END_ONE,
    &roles::LIST,
    &roles::CREATE,
    &roles::SHOW,
    &roles::CHANGE,
    &roles::DELETE,
    &authorize::DOC,
    &audit_events::DOC,
];
