//! `POST /api/v1/sessions`: log in.

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
};

use super::session::{SessionBody, session};
use crate::{
    app::App,
    http::{
        api::{
            choice::choice,
            input::Input,
            member_types::{CurrentPassword, KnownName},
            operation::{Access, Operation, ResponseHeader, Success, Tag, TypedOperation},
            problem::ErrorCode,
            reply::{Reply, located},
            request_body::request_body,
        },
        auth::{Credentials, TokenTransport, credentials},
        cookie,
        method::RouteMethod,
        source,
        state::AppState,
    },
    model::PlainToken,
    ops::{
        SignedIn,
        auth::log_in::{self, LogInAttempt},
    },
};

choice! {
    /// The place of the token in the response.
    pub enum TokenPlace {
        Cookie = "cookie",
        Body = "body",
    }
}

request_body! {
    /// The body of `POST /api/v1/sessions`.
    pub struct LogInBody: required {
        /// The name of the account; case and width are ignored.
        #[example = "Ann"]
        pub name: KnownName,
        /// The password of the account.
        #[example = "correct horse battery staple"]
        pub password: CurrentPassword,
        /// The place of the session token: a cookie, for browsers, or the body, for programs. `cookie` by default.
        #[example = "body"]
        pub token: Option<TokenPlace>,
    }
}

pub static DOC: TypedOperation<LogInBody> = TypedOperation::new(Operation {
    summary: "Log in",
    description: "Starts a session. Unknown names, wrong passwords and disabled accounts get the same response. The current \
        session ends. A browser gets a cookie that makes it a known device, so that failed logins of strangers do not \
        lock its user out.",
    access: Access::Public,
    problems: &[ErrorCode::WrongCredentials],
    ..Operation::new(
        RouteMethod::Post,
        "/api/v1/sessions",
        "logIn",
        Tag::Sessions,
        Success::created::<SessionBody<'_>>(
            "The session has started.",
            &[ResponseHeader::Location, ResponseHeader::SetCookie],
        ),
    )
});

/// `POST /api/v1/sessions`
pub async fn log_in(State(app): State<AppState>, request: Request) -> Reply {
    let source = source::of(&app.config, request.headers(), request.extensions());
    let replaces = match credentials(&app.config, request.headers()) {
        Credentials::Token(token, _) => Some(token),
        Credentials::Missing | Credentials::Malformed => None,
    };
    let LogInBody { name: KnownName { typed, key }, password: CurrentPassword(password), token } =
        Input::read(request, &DOC).await?.body;
    let transport = if token == Some(TokenPlace::Body) { TokenTransport::Bearer } else { TokenTransport::Cookie };
    let attempt = LogInAttempt { typed, name: key, password, replaces, source };
    let logged_in = log_in::with_password(&app, attempt).await??;
    let response = opened(&app, StatusCode::CREATED, (&logged_in.token, transport), &logged_in.signed_in)?;
    // A client that requested no cookie gets none.
    let device = logged_in.device.filter(|_| transport == TokenTransport::Cookie);
    let response = cookie::with_device(&app.config, response, device.as_ref());
    Ok(located(response, "/api/v1/sessions/current"))
}

/// Returns the session of `token`, with the token in a cookie or in the body.
pub fn opened(
    app: &App,
    status: StatusCode,
    (token, transport): (&PlainToken, TokenTransport),
    signed_in: &SignedIn,
) -> Reply {
    Ok(match transport {
        TokenTransport::Bearer => session(app, status, signed_in, Some(token.reveal())),
        TokenTransport::Cookie => {
            let mut response = session(app, status, signed_in, None);
            response.headers_mut().insert(header::SET_COOKIE, cookie::set(&app.config, token)?);
            response
        }
    })
}
