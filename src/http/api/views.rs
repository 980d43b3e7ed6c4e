//! Responses with users, sessions and roles: the objects of [`super::objects`] with their values.
//!
//! Invariant: responses contain only members that [`super::objects`] describes. Members for administrators require
//! [`Viewer::Administrator`].

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    conditional::etag,
    problem::{ErrorCode, Problem},
};
use crate::{
    app::App,
    model::{Role, SessionLimits, Uid, UnixMillis},
    ops::SignedIn,
    store::{
        accounts::{self, Account},
        sessions::Device,
    },
};

/// The result of a handler.
pub type Reply = Result<Response, Problem>;

/// The viewer of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    Owner,
    Administrator,
}

/// Returns an account as `viewer` sees it, with its tag.
pub fn account(status: StatusCode, account: &Account, viewer: Viewer) -> Response {
    tagged(object(status, &account_json(account, viewer)), account.user.version)
}

/// Returns an account as `viewer` sees it.
pub fn account_json(account: &Account, viewer: Viewer) -> Value {
    let Account { user, role, attributes } = account;
    let text = |at: Option<UnixMillis>| at.map(|at| at.to_string());
    let mut json = json!({
        "id": user.uid.to_string(),
        "name": user.name,
        "role": role.name,
        "state": if user.disabled_at.is_some() { "disabled" } else { "enabled" },
        "must_change_password": user.password_change_required_at.is_some(),
        "attributes": attributes.own.members(),
        "created_at": user.created_at.to_string(),
        "last_login_at": text(user.last_login_at),
        "disabled_at": text(user.disabled_at),
    });
    if let (Viewer::Administrator, Some(members)) = (viewer, json.as_object_mut()) {
        members.insert("admin_attributes".to_owned(), attributes.admin.members().clone().into());
    }
    json
}

/// Returns the current account.
///
/// # Errors
/// The database's. If the account was deleted, 404, or 401 for the own account.
pub async fn account_now(app: &App, uid: Uid, viewer: Viewer) -> Reply {
    match accounts::find(&mut app.db.read().await?, uid.into()).await? {
        Some(found) => Ok(account(StatusCode::OK, &found, viewer)),
        None => Err(match viewer {
            Viewer::Owner => ErrorCode::NotSignedIn.into(),
            Viewer::Administrator => ErrorCode::NotFound.into(),
        }),
    }
}

/// Returns a role with its tag.
pub fn role(status: StatusCode, role: &Role) -> Response {
    tagged(object(status, &role_json(role)), role.version)
}

/// Returns a role.
pub fn role_json(role: &Role) -> Value {
    json!({
        "name": role.name,
        "permissions": role.permissions.words().collect::<Vec<_>>(),
        "created_at": role.created_at.to_string(),
    })
}

/// Returns a session in a list.
pub fn device(device: &Device, limits: SessionLimits, current: Option<Uid>) -> Value {
    let session = &device.session;
    json!({
        "id": session.uid.to_string(),
        "current": current == Some(session.uid),
        "created_at": session.created_at.to_string(),
        "last_used_at": session.last_used_at.to_string(),
        "expires_at": limits.end_of(session).to_string(),
        "address": device.address,
        "client": device.client,
    })
}

#[derive(Serialize)]
struct SessionView<'a> {
    id: String,
    user: SessionUserView<'a>,
    created_at: String,
    authenticated_at: String,
    last_used_at: String,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

#[derive(Serialize)]
struct SessionUserView<'a> {
    id: String,
    name: &'a str,
    role: &'a str,
    permissions: Vec<&'a str>,
    must_change_password: bool,
}

/// Returns the session of a request, with the token if it belongs into the body.
pub fn session(app: &App, status: StatusCode, signed_in: &SignedIn, token: Option<&str>) -> Response {
    let session = signed_in.session();
    let limits = app.config.session.for_holder_of(signed_in.permissions());
    object(
        status,
        &SessionView {
            id: session.uid.to_string(),
            user: SessionUserView {
                id: signed_in.user().uid.to_string(),
                name: &signed_in.user().name,
                role: signed_in.role_name(),
                permissions: signed_in.permissions().words().collect(),
                must_change_password: signed_in.must_change_password(),
            },
            created_at: session.created_at.to_string(),
            authenticated_at: session.authenticated_at.to_string(),
            last_used_at: session.last_used_at.to_string(),
            expires_at: limits.end_of(session).to_string(),
            token,
        },
    )
}

/// Returns a page of a list, with the cursor of the next page.
pub fn page(items: Vec<Value>, next: Option<String>) -> Response {
    object(StatusCode::OK, &json!({ "items": items, "next": next }))
}

/// Returns a JSON object.
pub fn object(status: StatusCode, body: &impl Serialize) -> Response {
    // Serialising such a value cannot fail.
    let mut response = Response::new(Body::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Returns a 204.
pub fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Adds the tag of this version.
fn tagged(mut response: Response, version: i64) -> Response {
    response.headers_mut().insert(header::ETAG, etag(version));
    response
}

/// Adds the address of the created resource.
pub fn located(mut response: Response, path: &str) -> Response {
    if let Ok(value) = HeaderValue::try_from(path) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}
