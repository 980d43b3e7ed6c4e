//! The input of a request, read as its operation describes it: query, conditional headers and body.
//!
//! A handler calls this after authorization, so that a 422 reveals nothing to a caller without permission. Invariant: the
//! reader and the documents use the same [`TypedOperation`], so everything that the documents reject is rejected here.

use axum::{
    body::HttpBody as _,
    extract::Request,
    http::{HeaderMap, header, request::Parts},
};

use super::{
    super::{
        body::{self, BodyProblem},
        json::{self, JsonFault, JsonMembers},
        method::RouteMethod,
    },
    conditional,
    invalid::{self, Invalid},
    operation::TypedOperation,
    problem::{ErrorCode, Problem},
    query::Query,
    request_body::{BodySpec, RequestBody},
};
use crate::model::Precondition;

/// The body of an operation without one: it may be empty or an empty object.
static NO_MEMBERS: BodySpec = BodySpec::optional(&[]);

/// The input of a request.
#[derive(Debug)]
pub struct Input<B, Q> {
    pub query: Q,
    pub body: B,
    pub precondition: Precondition,
    pub idempotency_key: Option<String>,
}

impl<B: RequestBody, Q: Query> Input<B, Q> {
    /// Reads `request` as `typed` describes it.
    ///
    /// # Errors
    /// 400, 408, 413 and 415 for the body as a whole; 422 with all invalid values.
    pub async fn read(request: Request, typed: &TypedOperation<B, Q>) -> Result<Self, Problem> {
        let operation = &typed.operation;
        let (parts, body) = request.into_parts();
        let spec = match &operation.body {
            None if operation.method != RouteMethod::Get => Some(&NO_MEMBERS),
            spec => spec.as_ref(),
        };
        let members = match spec {
            Some(spec) => read_members(&parts, body, spec).await?,
            None => None,
        };
        let (query, mut errors) = Q::read(parts.uri.query());
        let precondition = match operation.is_conditional {
            true => conditional::precondition(&parts.headers),
            false => conditional::no_precondition(&parts.headers, operation.method).map(|()| Precondition::None),
        };
        let precondition = value_or(precondition, Precondition::None, &mut errors);
        let key = if operation.is_idempotent { conditional::idempotency_key(&parts.headers) } else { Ok(None) };
        let idempotency_key = value_or(key, None, &mut errors);
        match B::read(members.unwrap_or_default()) {
            Ok(body) if errors.is_empty() => return Ok(Self { query, body, precondition, idempotency_key }),
            Ok(_) => {}
            Err(found) => errors.extend(found),
        }
        errors.truncate(invalid::MOST);
        Err(Problem::invalid(errors))
    }
}

/// Returns the value, or `otherwise` and an error.
fn value_or<T>(read: Result<T, Invalid>, otherwise: T, errors: &mut Vec<Invalid>) -> T {
    read.unwrap_or_else(|invalid| {
        errors.push(invalid);
        otherwise
    })
}

/// Reads the members of the body; `None` if it is optional and missing.
async fn read_members(parts: &Parts, body: axum::body::Body, spec: &BodySpec) -> Result<Option<JsonMembers>, Problem> {
    // Many clients send a content type, whichever, without a body.
    if spec.is_optional && body.is_end_stream() {
        return Ok(None);
    }
    let has_type = parts.headers.contains_key(header::CONTENT_TYPE);
    if has_type || !spec.is_optional {
        require_type(&parts.headers, spec)?;
    }
    let bytes = body::read_bounded(&parts.headers, body).await?;
    if spec.is_optional && bytes.is_empty() {
        return Ok(None);
    }
    if !has_type {
        return Err(ErrorCode::UnsupportedMediaType.into());
    }
    Ok(Some(json::object(&bytes)?))
}

fn require_type(headers: &HeaderMap, spec: &BodySpec) -> Result<(), BodyProblem> {
    body::require_type(headers, |essence| {
        essence == "application/json" || spec.is_patch && essence == "application/merge-patch+json"
    })
}

impl From<JsonFault> for Problem {
    fn from(fault: JsonFault) -> Self {
        let detail = match fault {
            JsonFault::NotAnObject => "The body must be a JSON object.".to_owned(),
            JsonFault::RepeatedName { line, column } => {
                format!("A name repeats within one object, before line {line}, column {column}.")
            }
            JsonFault::Syntax { line, column } => {
                format!("The body is not valid JSON, at line {line}, column {column}.")
            }
        };
        Self::with_detail(ErrorCode::MalformedBody, detail)
    }
}

impl From<BodyProblem> for Problem {
    fn from(problem: BodyProblem) -> Self {
        match problem {
            BodyProblem::UnsupportedMediaType => Self::new(ErrorCode::UnsupportedMediaType),
            BodyProblem::TooLarge => Self::new(ErrorCode::BodyTooLarge),
            BodyProblem::TooSlow => Self::new(ErrorCode::BodyTooSlow),
            BodyProblem::Unreadable => {
                Self::with_detail(ErrorCode::MalformedBody, "The body could not be read completely.")
            }
        }
    }
}
