//! Who asks: the session of a request, from a cookie, a bearer token, or on a legacy route.
//!
//! A handler names the required proof among its arguments. Invariant: presented credentials that identify no session are
//! refused; another kind in the same request is not tried instead.

use axum::{
    extract::FromRequestParts,
    http::{Extensions, HeaderMap, header, request::Parts},
    response::Response,
};

use super::{
    api::problem::{ErrorCode, Problem},
    cookie,
    legacy::error::{MessageKey, NOT_SIGNED_IN},
    source,
    state::AppState,
};
use crate::{
    Result,
    app::App,
    config::Config,
    model::{TokenHash, UserId},
    ops::{Can, PermissionMarker, SignedIn, auth::sign_in_check},
};

/// How a session's token was sent, and so how a new one is returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenTransport {
    Cookie,
    /// `Authorization: Bearer` (RFC 6750 §2.1).
    Bearer,
}

/// The credentials of a request.
pub enum Credentials {
    Missing,
    Token(TokenHash, TokenTransport),
    /// A bearer token that is not in the form of a token.
    Malformed,
}

/// A live session and how its token was sent.
pub struct Caller {
    pub signed_in: SignedIn,
    pub transport: TokenTransport,
}

/// A signed-in user, even one who must change the password first.
pub struct Authenticated(pub Caller);

/// A signed-in user who need not change the password first.
pub struct CurrentUser(pub Caller);

/// A client with or without a session. A cookie of an ended session counts as none, because its browser cannot know.
pub struct OptionalAuth(pub Option<Caller>);

/// A current user whose role holds the permission `P`.
pub struct Authorized<P>(pub Can<P>);

/// A user with a session cookie, on a route of the contract `user-crud`.
pub struct LegacySession(pub SignedIn);

/// Returns the credentials in these headers.
pub fn credentials(config: &Config, headers: &HeaderMap) -> Credentials {
    let mut bearers = headers.get_all(header::AUTHORIZATION).into_iter().filter_map(|value| {
        let (scheme, rest) = value.as_bytes().split_at_checked(6)?;
        (scheme.eq_ignore_ascii_case(b"bearer") && !rest.first().is_some_and(u8::is_ascii_alphanumeric)).then_some(rest)
    });
    match (bearers.next(), bearers.next()) {
        (None, _) => match cookie::presented(config, headers) {
            Some(token) => Credentials::Token(token, TokenTransport::Cookie),
            None => Credentials::Missing,
        },
        (Some(bearer), None) => match TokenHash::of_presented(bearer.trim_ascii()) {
            Some(token) => Credentials::Token(token, TokenTransport::Bearer),
            None => Credentials::Malformed,
        },
        (Some(_), Some(_)) => Credentials::Malformed,
    }
}

/// Returns the live session of a request to `/api/v1`: `Ok(None)` without credentials, and the transport of credentials
/// that identify no session.
async fn find(parts: &Parts, app: &App) -> Result<std::result::Result<Option<Caller>, TokenTransport>> {
    let (token, transport) = match credentials(&app.config, &parts.headers) {
        Credentials::Missing => return Ok(Ok(None)),
        Credentials::Malformed => return Ok(Err(TokenTransport::Bearer)),
        Credentials::Token(token, transport) => (token, transport),
    };
    let source = source::of(&app.config, &parts.headers, &parts.extensions);
    Ok(match sign_in_check::check(app, &token, source).await? {
        Some(signed_in) => Ok(Some(Caller { signed_in, transport })),
        None => Err(transport),
    })
}

impl FromRequestParts<AppState> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> std::result::Result<Self, Problem> {
        match find(parts, app).await? {
            Ok(Some(caller)) => Ok(Self(caller)),
            Ok(None) | Err(_) => Err(ErrorCode::NotSignedIn.into()),
        }
    }
}

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> std::result::Result<Self, Problem> {
        let Authenticated(caller) = Authenticated::from_request_parts(parts, app).await?;
        if caller.signed_in.must_change_password() {
            caller.signed_in.refuse_until_password_is_changed(app, &resource(parts)).await?;
            return Err(ErrorCode::PasswordChangeRequired.into());
        }
        Ok(Self(caller))
    }
}

impl FromRequestParts<AppState> for OptionalAuth {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> std::result::Result<Self, Problem> {
        match find(parts, app).await? {
            Ok(caller) => Ok(Self(caller)),
            Err(TokenTransport::Cookie) => Ok(Self(None)),
            Err(TokenTransport::Bearer) => Err(ErrorCode::NotSignedIn.into()),
        }
    }
}

impl<P: PermissionMarker + Send + Sync> FromRequestParts<AppState> for Authorized<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> std::result::Result<Self, Problem> {
        let CurrentUser(caller) = CurrentUser::from_request_parts(parts, app).await?;
        match caller.signed_in.demand(app, &resource(parts)).await? {
            Some(can) => Ok(Self(can)),
            None => Err(permission_missing::<P>()),
        }
    }
}

impl FromRequestParts<AppState> for LegacySession {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> std::result::Result<Self, Response> {
        let found = match cookie::presented(&app.config, &parts.headers) {
            Some(token) => {
                let source = source::of(&app.config, &parts.headers, &parts.extensions);
                sign_in_check::check(app, &token, source).await
            }
            None => Ok(None),
        };
        match found {
            Ok(Some(signed_in)) => Ok(Self(signed_in)),
            Ok(None) => Err(MessageKey::Message.refuse(&NOT_SIGNED_IN)),
            Err(error) => Err(MessageKey::Message.fail(error)),
        }
    }
}

/// Returns the session of a cookie and the name of the user `other`, with one query for the most frequent legacy route.
///
/// # Errors
/// The database's. A session that cannot be checked is no session, and the request fails.
pub async fn legacy_session_and_name(
    app: &App,
    headers: &HeaderMap,
    extensions: &Extensions,
    other: UserId,
) -> Result<Option<(SignedIn, Option<String>)>> {
    match cookie::presented(&app.config, headers) {
        Some(token) => {
            sign_in_check::check_beside(app, &token, source::of(&app.config, headers, extensions), other).await
        }
        None => Ok(None),
    }
}

/// Returns the problem of a role without the permission `P`.
pub fn permission_missing<P: PermissionMarker>() -> Problem {
    let word = P::PERMISSION.word();
    Problem::with_detail(ErrorCode::PermissionMissing, format!("The role lacks the required permission {word}."))
}

/// Returns the method and the path, for the audit log.
fn resource(parts: &Parts) -> String {
    format!("{} {}", parts.method, parts.uri.path().chars().take(200).collect::<String>())
}
