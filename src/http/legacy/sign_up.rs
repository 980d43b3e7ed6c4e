//! Sign-up on the legacy routes, in the texts of a contract.

use axum::{extract::Request, response::Response};

use super::{body::LegacyBody, credentials::credentials, refused, texts::SignUpTexts};
use crate::{
    app::App,
    http::source,
    model::Name,
    ops::accounts::sign_up::{self, NewAccount},
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
    match sign_up::sign_up(app, source, new).await {
        Ok(Ok(_)) => (texts.done)(),
        Ok(Err(refused)) => texts.key.refuse(&refused::sign_up(refused, &texts.name_taken)),
        Err(error) => texts.key.fail(error),
    }
}
