//! The variable parts of paths. A value in another form identifies nothing: 404.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use super::{
    parameter_types,
    problem::{ErrorCode, Problem},
};
use crate::{
    http::state::AppState,
    model::{RoleName, Uid},
};

/// The identifier in the first variable part.
pub struct PathUid(pub Uid);

/// The identifier in the second variable part.
pub struct SecondPathUid(pub Uid);

/// The name of a role in the first variable part.
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
    PathUid: 0, parameter_types::uid;
    SecondPathUid: 1, parameter_types::uid;
    PathRole: 0, |text: &str| RoleName::new(text);
}
