//! `POST /api/v1/sessions`: log in.

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
};

use crate::{
    app::App,
    http::{
        api::{
            fields::{Kind, optional, required},
            input::Input,
            objects::SESSION,
            operation::{Access, Header, Operation, RequestBody, Success, Tag},
            problem::ErrorCode,
            values::KnownName,
            views::{Reply, located, session},
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

pub static DOC: Operation = Operation {
    summary: "Log in",
    description: "Begins a session. The answer to an unknown name, a wrong password and a disabled account is the same. A \
        session that the request came with ends. A browser gets a cookie by which its device is known, so that wrong \
        passwords of strangers do not keep its user out.",
    access: Access::Public,
    body: Some(RequestBody::required(&[
        required("name", Kind::KnownName, "The name of the account; case and width do not count.", "Ann"),
        required("password", Kind::Password, "Its password.", "correct horse battery staple"),
        optional(
            "token",
            Kind::Choice(&["cookie", "body"]),
            "Where the session's token goes: into a cookie, for browsers, or into the body, for programs. `cookie` when left \
             out.",
            "body",
        ),
    ])),
    problems: &[ErrorCode::WrongCredentials],
    ..Operation::new(
        RouteMethod::Post,
        "/api/v1/sessions",
        "logIn",
        Tag::Sessions,
        Success::created("The session has begun.", &SESSION, &[Header::Location, Header::SetCookie]),
    )
};

/// `POST /api/v1/sessions`
pub async fn log_in(State(app): State<AppState>, request: Request) -> Reply {
    let source = source::of(&app.config, request.headers(), request.extensions());
    let replaces = match credentials(&app.config, request.headers()) {
        Credentials::Token(token, _) => Some(token),
        Credentials::Missing | Credentials::Malformed => None,
    };
    let mut body = Input::read(request, &DOC).await?.body;
    let KnownName { typed, key } = body.required("name")?;
    let password = body.required("password")?;
    let token: Option<String> = body.optional("token")?;
    let transport = if token.as_deref() == Some("body") { TokenTransport::Bearer } else { TokenTransport::Cookie };
    let attempt = LogInAttempt { typed, name: key, password, replaces, source };
    let logged_in = log_in::with_password(&app, attempt).await??;
    let response = opened(&app, StatusCode::CREATED, (&logged_in.token, transport), &logged_in.signed_in)?;
    // A program keeps no cookies, and a client that asked for none gets none.
    let device = logged_in.device.filter(|_| transport == TokenTransport::Cookie);
    let response = cookie::with_device(&app.config, response, device.as_ref());
    Ok(located(response, "/api/v1/sessions/current"))
}

/// The session that `token` opens, with the token where its client wants it: in a cookie, or in the body.
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
