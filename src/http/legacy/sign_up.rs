//! Sign-up on the legacy routes, in the texts of a contract.

use axum::{extract::Request, response::Response};

use super::{
    body::LegacyBody,
    credentials::credentials,
    error::{INTERNAL, LegacyError, NAME_RESERVED, NAME_UNFIT, SIGNUP_CLOSED},
    texts::SignUpTexts,
};
use crate::{
    app::App,
    http::source,
    model::Name,
    ops::accounts::sign_up::{self, NewAccount, SignUp},
};

/// Creates an account.
pub async fn sign_up(app: &App, request: Request, texts: &SignUpTexts) -> Response {
    let source = source::of(&app.config, request.headers(), request.extensions());
    let body = LegacyBody::read(request).await;
    let (name, password) = match body.and_then(|body| credentials(body, &texts.missing)) {
        Ok((name, password)) => match Name::new(&name) {
            Ok(name) => (name, password),
            Err(problem) => return texts.key.refuse(&problem.into()),
        },
        Err(refusal) => return texts.key.refuse(&refusal),
    };
    let new = NewAccount::plain(&name, password, app.config.compat.password_policy.clone());
    match sign_up::as_anybody(app, source, new).await {
        Ok(SignUp::Done(_)) => (texts.done)(),
        Ok(SignUp::NameTaken) => texts.key.refuse(&texts.name_taken),
        Ok(SignUp::NameReserved) => texts.key.refuse(&NAME_RESERVED),
        Ok(SignUp::NameUnfit) => texts.key.refuse(&NAME_UNFIT),
        Ok(SignUp::PasswordRefused(problem)) => texts.key.refuse(&problem.into()),
        Ok(SignUp::Closed) => texts.key.refuse(&SIGNUP_CLOSED),
        Ok(SignUp::Overloaded(full)) => texts.key.refuse(&full.into()),
        Ok(SignUp::Throttled(after)) => texts.key.refuse(&LegacyError::throttled(after)),
        Ok(
            SignUp::NoSuchRole
            | SignUp::DoneBefore(_)
            | SignUp::GoneSince
            | SignUp::KeyReused
            | SignUp::AuthorityLost
            | SignUp::AuthorityExceeded,
        ) => texts.key.refuse(&INTERNAL),
        Err(error) => texts.key.fail(error),
    }
}
