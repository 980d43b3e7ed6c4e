//! Who sends a request: the session that it comes with, as a cookie or as a bearer token, and what it must hold.
//!
//! A handler names what it needs among its arguments: [`Caller`], [`Holder`] … Invariant: credentials that are presented and
//! open nothing are refused; another kind that came along is not tried in their place.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, header, request::Parts},
};

use super::{
    super::{cookie, source, state::AppState},
    problem::{ErrorCode, Problem},
    query,
};
use crate::{
    config::Config,
    model::{RoleName, TokenHash, Uid},
    ops::{Can, PermissionMarker, SignedIn, auth::sign_in_check},
};

/// How a session's token came, and so how a new one goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Cookie,
    /// `Authorization: Bearer` (RFC 6750 §2.1).
    Header,
}

/// What a request presents.
pub enum Presented {
    Nothing,
    Token(TokenHash, Way),
    /// A bearer token that cannot be one of ours.
    Junk,
}

/// A signed-in user, who must not be about to choose another password first.
pub struct Caller {
    pub signed_in: SignedIn,
    pub way: Way,
}

/// A signed-in user, be it one who must choose another password first.
pub struct CallerAnyhow(pub Caller);

/// Whoever asks, signed in or not. A cookie of a session that has ended counts as none, as its browser cannot know.
pub struct Anybody(pub Option<Caller>);

/// A signed-in user who holds the permission `P`.
pub struct Holder<P>(pub Can<P>);

/// The token that the headers present.
pub fn presented(config: &Config, headers: &HeaderMap) -> Presented {
    let mut bearers = headers.get_all(header::AUTHORIZATION).into_iter().filter_map(|value| {
        let (scheme, rest) = value.as_bytes().split_at_checked(6)?;
        (scheme.eq_ignore_ascii_case(b"bearer") && !rest.first().is_some_and(u8::is_ascii_alphanumeric)).then_some(rest)
    });
    match (bearers.next(), bearers.next()) {
        (None, _) => match cookie::presented(config, headers) {
            Some(token) => Presented::Token(token, Way::Cookie),
            None => Presented::Nothing,
        },
        (Some(bearer), None) => match TokenHash::of_presented(bearer.trim_ascii()) {
            Some(token) => Presented::Token(token, Way::Header),
            None => Presented::Junk,
        },
        (Some(_), Some(_)) => Presented::Junk,
    }
}

/// The live session that the request comes with, if it does.
async fn find(parts: &Parts, app: &AppState) -> Result<Result<Option<Caller>, Way>, Problem> {
    let (token, way) = match presented(&app.config, &parts.headers) {
        Presented::Nothing => return Ok(Ok(None)),
        Presented::Junk => return Ok(Err(Way::Header)),
        Presented::Token(token, way) => (token, way),
    };
    let source = source::of(&app.config, &parts.headers, &parts.extensions);
    match sign_in_check::check(app, &token, source).await? {
        Some(signed_in) => Ok(Ok(Some(Caller { signed_in, way }))),
        None => Ok(Err(way)),
    }
}

impl FromRequestParts<AppState> for CallerAnyhow {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        match find(parts, app).await? {
            Ok(Some(caller)) => Ok(Self(caller)),
            Ok(None) | Err(_) => Err(ErrorCode::NotSignedIn.into()),
        }
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let CallerAnyhow(caller) = CallerAnyhow::from_request_parts(parts, app).await?;
        if caller.signed_in.must_change_password() {
            caller.signed_in.refuse_until_password_is_changed(app, &resource(parts)).await?;
            return Err(ErrorCode::PasswordChangeRequired.into());
        }
        Ok(caller)
    }
}

impl FromRequestParts<AppState> for Anybody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        match find(parts, app).await? {
            Ok(caller) => Ok(Self(caller)),
            Err(Way::Cookie) => Ok(Self(None)),
            Err(Way::Header) => Err(ErrorCode::NotSignedIn.into()),
        }
    }
}

impl<P: PermissionMarker + Send + Sync> FromRequestParts<AppState> for Holder<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        match caller.signed_in.demand(app, &resource(parts)).await? {
            Some(can) => Ok(Self(can)),
            None => Err(missing::<P>()),
        }
    }
}

/// That the permission `P` is missing.
pub fn missing<P: PermissionMarker>() -> Problem {
    let word = P::PERMISSION.word();
    Problem::with_detail(
        ErrorCode::PermissionMissing,
        format!("This takes the permission {word}, which the role does not hold."),
    )
}

/// What a request is for, as the audit trail names it.
fn resource(parts: &Parts) -> String {
    format!("{} {}", parts.method, parts.uri.path().chars().take(200).collect::<String>())
}

/// The identifier that is the first part of the path that varies. One of another form is that of nobody.
pub struct PathUid(pub Uid);

/// The identifier that is the second such part.
pub struct SecondPathUid(pub Uid);

/// The name of a role in the path.
pub struct PathRole(pub RoleName);

async fn segment(parts: &mut Parts, app: &AppState, index: usize) -> Option<String> {
    let params = RawPathParams::from_request_parts(parts, app).await.ok()?;
    params.iter().nth(index).map(|(_, segment)| segment.to_owned())
}

macro_rules! from_path {
    ($($name:ident: $index:literal, $read:expr;)*) => {
        $(impl FromRequestParts<AppState> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
                let segment = segment(parts, app, $index).await.unwrap_or_default();
                $read(&segment).map(Self).ok_or_else(|| ErrorCode::NotFound.into())
            }
        })*
    };
}

from_path! {
    PathUid: 0, query::uid;
    SecondPathUid: 1, query::uid;
    PathRole: 0, |text: &str| RoleName::new(text);
}
