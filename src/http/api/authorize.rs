//! `POST /api/v1/authorize`: may this session do that, and why not.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};
use serde_json::json;

use super::{
    fields::{Kind, optional, required},
    input::Input,
    objects::DECISION,
    operation::{Access, Operation, RequestBody, Success, Tag},
    views::{Reply, object},
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

static DOC: Operation = Operation {
    summary: "Ask whether the session may do something",
    access: Access::Authenticated,
    description: "For the application's own permissions as for Doorward's. The answer is 200 either way.",
    body: Some(RequestBody::required(&[
        required("permission", Kind::Permission, "The permission that it takes.", "invoices:read"),
        optional(
            "resource",
            Kind::Text(200),
            "What it is to be done to, in the application's words. Roles grant a permission for all resources, so this \
             decides nothing.",
            "invoices/42",
        ),
    ])),
    ..Operation::new(
        RouteMethod::Post,
        "/api/v1/authorize",
        "authorize",
        Tag::Roles,
        Success::ok("The decision.", &DECISION, &[]),
    )
};

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
    let mut body = Input::read(request, &DOC).await?.body;
    let permission: String = body.required("permission")?;
    let resource: Option<String> = body.optional("resource")?;
    let (allowed, reason) = match authorize::decide(&app, &signed_in, &permission, resource.as_deref()).await? {
        Decision::Allowed => (true, "permission_held"),
        Decision::PermissionMissing => (false, "permission_missing"),
        Decision::PasswordChangeRequired => (false, "password_change_required"),
    };
    let body = json!({
        "allowed": allowed,
        "reason": reason,
        "role": signed_in.role_name(),
        "permission": permission,
    });
    Ok(object(StatusCode::OK, &body))
}
