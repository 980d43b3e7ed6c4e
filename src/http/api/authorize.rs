//! `POST /api/v1/authorize`: whether a session has a permission.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use super::{
    input::Input,
    member_types::{LimitedText, PermissionName},
    operation::{Access, Operation, Success, Tag, TypedOperation},
    reply::{Reply, object},
    request_body::request_body,
    response_body::response_body,
};
use crate::{
    http::{
        auth::{Authenticated, Caller},
        method::RouteMethod,
        route::Route,
        state::AppState,
    },
    ops::authorize::{self, Decision},
};

request_body! {
    /// The body of `POST /api/v1/authorize`.
    pub struct PermissionQuestion: required {
        /// The permission to check.
        #[example = "invoices:read"]
        pub permission: PermissionName,
        /// The object of the action, in the application's words. Roles grant a permission for all resources, so it does
        /// not change the decision.
        #[example = "invoices/42"]
        pub resource: Option<LimitedText<200>>,
    }
}

response_body! {
    /// Whether the session has a permission, and why.
    #[example = r#"{"allowed": false, "reason": "permission_missing", "role": "user", "permission": "invoices:read"}"#]
    pub struct DecisionBody<'a>: "Decision" {
        /// Whether the permission is granted.
        pub allowed: bool,
        /// The rule of the decision.
        pub reason: &'a str,
        /// The user's role.
        pub role: &'a str,
        /// The checked permission.
        pub permission: &'a str,
    }
}

static DOC: TypedOperation<PermissionQuestion> = TypedOperation::new(Operation {
    summary: "Check a permission of the session",
    access: Access::Authenticated,
    description: "Checks a permission of Doorward or of the application. The status is 200 in both cases.",
    ..Operation::new(
        RouteMethod::Post,
        "/api/v1/authorize",
        "authorize",
        Tag::Roles,
        Success::ok::<DecisionBody<'_>>("The decision.", &[]),
    )
});

/// Returns the route of the decision.
pub fn routes() -> Vec<Route> {
    vec![Route::of(&DOC, authorize)]
}

/// `POST /api/v1/authorize`
async fn authorize(
    Authenticated(Caller { signed_in, .. }): Authenticated,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    let PermissionQuestion { permission: PermissionName(permission), resource } =
        Input::read(request, &DOC).await?.body;
    let resource = resource.map(|LimitedText(text)| text);
    let (allowed, reason) = match authorize::decide(&app, &signed_in, &permission, resource.as_deref()).await? {
        Decision::Allowed => (true, "permission_held"),
        Decision::PermissionMissing => (false, "permission_missing"),
        Decision::PasswordChangeRequired => (false, "password_change_required"),
    };
    let body = DecisionBody { allowed, reason, role: signed_in.role_name(), permission: &permission };
    Ok(object(StatusCode::OK, &body))
}
