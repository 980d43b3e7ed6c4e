//! The description of an operation: what the reader of requests, the OpenAPI document and the reference page share.
//!
//! Each endpoint states its own [`Operation`] beside its handler.

use std::marker::PhantomData;

use axum::http::StatusCode;

use super::{
    problem::ErrorCode,
    query::{NoQuery, Parameter, Query},
    request_body::{BodySpec, NoBody, RequestBody},
    response_body::ResponseBody,
    schema::ObjectSchema,
};
use crate::{http::method::RouteMethod, model::Permission};

/// The problems of every operation. The server and the middleware cause the first three, before a route is chosen.
const EVERYWHERE: [ErrorCode; 7] = [
    ErrorCode::MalformedRequest,
    ErrorCode::UrlTooLong,
    ErrorCode::Misdirected,
    ErrorCode::InvalidInput,
    ErrorCode::Internal,
    ErrorCode::Overloaded,
    ErrorCode::Unavailable,
];

/// A method of a path.
#[derive(Debug)]
pub struct Operation {
    pub method: RouteMethod,
    pub path: &'static str,
    /// The name of the function in generated clients.
    pub id: &'static str,
    pub tag: Tag,
    pub summary: &'static str,
    pub description: &'static str,
    pub access: Access,
    pub query: &'static [Parameter],
    pub body: Option<BodySpec>,
    /// Whether it takes `If-Match`.
    pub is_conditional: bool,
    /// Whether it takes `Idempotency-Key`.
    pub is_idempotent: bool,
    pub success: Success,
    /// The problems of this operation alone. [`Operation::problems`] adds those of its kind.
    pub problems: &'static [ErrorCode],
}

/// An operation with the types of its body and its query. [`super::input`] reads both, so a handler cannot read others
/// than the documents describe.
#[derive(Debug)]
pub struct TypedOperation<B = NoBody, Q = NoQuery> {
    pub operation: Operation,
    types: PhantomData<fn() -> (B, Q)>,
}

impl<B: RequestBody, Q: Query> TypedOperation<B, Q> {
    /// Adds the descriptions of the body and the query to `operation`.
    pub const fn new(operation: Operation) -> Self {
        Self { operation: Operation { body: B::SPEC, query: Q::PARAMETERS, ..operation }, types: PhantomData }
    }
}

/// A chapter of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    Users,
    Sessions,
    Roles,
    AuditTrail,
}

/// The callers that an operation accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Public,
    /// Public while sign-up is enabled; otherwise the permission is required.
    PublicOr(Permission),
    /// Signed-in users who need not change the password first.
    CurrentUser,
    /// Signed-in users, even those who must change the password first.
    Authenticated,
    Permission(Permission),
}

/// The response to a request that succeeds.
#[derive(Debug)]
pub struct Success {
    pub status: StatusCode,
    pub meaning: &'static str,
    pub content: Content,
    pub headers: &'static [ResponseHeader],
}

/// The body of a success.
#[derive(Debug)]
pub enum Content {
    Nothing,
    One(&'static ObjectSchema),
    /// A page of a list.
    Page(&'static ObjectSchema),
}

/// A response header of some operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseHeader {
    ETag,
    Location,
    SetCookie,
    ClearSiteData,
}

impl Success {
    /// Creates a 200 with one object.
    pub const fn ok<B: ResponseBody>(meaning: &'static str, headers: &'static [ResponseHeader]) -> Self {
        Self { status: StatusCode::OK, meaning, content: Content::One(B::OBJECT), headers }
    }

    /// Creates a 200 with a page.
    pub const fn page<B: ResponseBody>(meaning: &'static str) -> Self {
        Self { status: StatusCode::OK, meaning, content: Content::Page(B::OBJECT), headers: &[] }
    }

    /// Creates a 201 with the created resource.
    pub const fn created<B: ResponseBody>(meaning: &'static str, headers: &'static [ResponseHeader]) -> Self {
        Self { status: StatusCode::CREATED, meaning, content: Content::One(B::OBJECT), headers }
    }

    /// Creates a 204.
    pub const fn nothing(meaning: &'static str, headers: &'static [ResponseHeader]) -> Self {
        Self { status: StatusCode::NO_CONTENT, meaning, content: Content::Nothing, headers }
    }
}

impl Operation {
    /// Creates an operation without input.
    pub const fn new(method: RouteMethod, path: &'static str, id: &'static str, tag: Tag, success: Success) -> Self {
        Self {
            method,
            path,
            id,
            tag,
            summary: "",
            description: "",
            access: Access::CurrentUser,
            query: &[],
            body: None,
            is_conditional: false,
            is_idempotent: false,
            success,
            problems: &[],
        }
    }

    /// Returns all problems that the operation can cause, in the order of the catalogue.
    pub fn problems(&self) -> Vec<ErrorCode> {
        let mut codes = EVERYWHERE.to_vec();
        codes.extend(self.problems);
        codes.extend(match self.access {
            Access::Public => &[][..],
            Access::PublicOr(_) | Access::Permission(_) => {
                &[ErrorCode::NotSignedIn, ErrorCode::PasswordChangeRequired, ErrorCode::PermissionMissing]
            }
            Access::CurrentUser => &[ErrorCode::NotSignedIn, ErrorCode::PasswordChangeRequired],
            Access::Authenticated => &[ErrorCode::NotSignedIn],
        });
        let mut add = |condition: bool, more: &[ErrorCode]| {
            if condition {
                codes.extend(more);
            }
        };
        add(self.method != RouteMethod::Get, &[ErrorCode::CrossSite]);
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
    /// Returns the names between braces in the path.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Returns whether the body contains the current password of an account.
    pub fn tests_password(&self) -> bool {
        self.body.as_ref().is_some_and(|body| body.fields.iter().any(|field| field.is_current_password))
    }
}

impl Tag {
    /// All chapters.
    pub const ALL: [Self; 4] = [Self::Users, Self::Sessions, Self::Roles, Self::AuditTrail];

    /// Returns the name and the description.
    pub const fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::Users => ("Users", "Accounts: the own one under `/users/me`, and those of others."),
            Self::Sessions => ("Sessions", "Login, logout, and lists of sessions."),
            Self::Roles => ("Roles", "Named sets of permissions, and the permissions of a session."),
            Self::AuditTrail => ("Audit trail", "Changes and refusals, with actor and reason."),
        }
    }
}

impl ResponseHeader {
    /// Returns the name of the header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ETag => "ETag",
            Self::Location => "Location",
            Self::SetCookie => "Set-Cookie",
            Self::ClearSiteData => "Clear-Site-Data",
        }
    }
}
