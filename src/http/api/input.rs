//! All that a request brings, read as its operation says: query, conditional headers and body.
//!
//! A handler calls this after it knows who asks, so that nobody learns by 422 what they may not do. Invariant: everything
//! that the document promises to refuse is refused here, since both read the same [`Operation`].

use axum::{
    extract::Request,
    http::{HeaderMap, header, request::Parts},
};

use super::{
    super::{
        body::{self, BodyProblem},
        json::{self, JsonMembers},
        method::RouteMethod,
    },
    conditional, fields,
    invalid::{self, Invalid},
    operation::{Operation, RequestBody},
    problem::{ErrorCode, Problem},
    query,
    values::Values,
};
use crate::model::Precondition;

/// The body of an operation that takes none: an empty object is one, anything in it would be overlooked.
static NO_MEMBERS: RequestBody = RequestBody::optional(&[]);

/// What a request brings.
#[derive(Debug)]
pub struct Input {
    pub query: Values,
    pub body: Values,
    pub precondition: Precondition,
    pub idempotency_key: Option<String>,
}

impl Input {
    /// Reads `request` as `operation` says.
    ///
    /// # Errors
    /// 400, 408, 413 and 415 for the body as a whole; 422 for all values that are wrong.
    pub async fn read(request: Request, operation: &Operation) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let table = match &operation.body {
            None if operation.method != RouteMethod::Get => Some(&NO_MEMBERS),
            table => table.as_ref(),
        };
        let members = match table {
            Some(table) => read_members(&parts, body, table).await?,
            None => None,
        };
        let (query, mut errors) = query::read(parts.uri.query(), operation.query);
        let precondition = match operation.is_conditional {
            true => conditional::precondition(&parts.headers),
            false => conditional::no_precondition(&parts.headers, operation.method).map(|()| Precondition::None),
        };
        let precondition = kept(precondition, Precondition::None, &mut errors);
        let key = if operation.is_idempotent { conditional::idempotency_key(&parts.headers) } else { Ok(None) };
        let idempotency_key = kept(key, None, &mut errors);
        let mut body = Values::default();
        if let (Some(members), Some(table)) = (members, table) {
            let (values, found) = fields::read(members, table.fields);
            errors.extend(found);
            body = values;
        }
        if errors.is_empty() {
            return Ok(Self { query, body, precondition, idempotency_key });
        }
        errors.truncate(invalid::MOST);
        Err(Problem::invalid(errors))
    }
}

/// The value, or what stands for it beside an error.
fn kept<T>(read: Result<T, Invalid>, otherwise: T, errors: &mut Vec<Invalid>) -> T {
    read.unwrap_or_else(|invalid| {
        errors.push(invalid);
        otherwise
    })
}

/// The members of the body; `None` when it may be left out and was.
async fn read_members(
    parts: &Parts,
    body: axum::body::Body,
    table: &RequestBody,
) -> Result<Option<JsonMembers>, Problem> {
    let has_type = parts.headers.contains_key(header::CONTENT_TYPE);
    if has_type || !table.is_optional {
        require_type(&parts.headers, table)?;
    }
    let bytes = body::read_bounded(&parts.headers, body).await?;
    // Some clients name the type of a body that they do not send.
    let is_left_out = table.is_optional && (!has_type || table.fields.is_empty());
    if is_left_out && bytes.is_empty() {
        return Ok(None);
    }
    if !has_type {
        return Err(ErrorCode::UnsupportedMediaType.into());
    }
    Ok(Some(json::object(&bytes)?))
}

fn require_type(headers: &HeaderMap, table: &RequestBody) -> Result<(), BodyProblem> {
    body::require_type(headers, |essence| {
        essence == "application/json" || table.is_patch && essence == "application/merge-patch+json"
    })
}
