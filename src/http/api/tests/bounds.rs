//! Bounds that stand in texts: each is that of the constant by which requests are judged.
//!
//! Where a text must be a constant itself it cannot be made of one, so this is where the two are compared.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{
    conditional,
    cursor::{self, List},
    documents::DocumentedSite,
    invalid::{self, name_violation},
    member_types::{self, ChosenPassword},
    openapi,
    parameter_types::{self, Cursor, PageSize},
    problem::ErrorCode,
    query::{self, ParameterType},
    request_body::MemberType,
};
use crate::{
    config::LEAST_MIN_LENGTH,
    http::body::BODY_BYTES,
    model::{
        ATTRIBUTES_BYTES, NAME_CODE_POINTS, Name, NameProblem, PASSWORD_CODE_POINTS, Permissions, RECENT,
        ROLE_PERMISSIONS, WORD_CHARACTERS,
    },
    ops::idempotency,
    store::roles,
};

const API: &str = include_str!("../../../../docs/api.md");
const ERRORS: &str = include_str!("../../../../docs/errors.md");
const AUDIT: &str = include_str!("../../../../docs/audit.md");

/// The whole of `/openapi.json`.
fn document() -> (Value, String) {
    let operations: Vec<_> = super::super::routes().iter().filter_map(|route| route.operation).collect();
    let document = openapi::document(&DocumentedSite::default(), &operations);
    let text = document.to_string();
    (document, text)
}

/// A number with a comma before the last three digits.
fn grouped(number: usize) -> String {
    format!("{},{:03}", number / 1000, number % 1000)
}

/// Every phrase is in the text.
#[track_caller]
fn says(text: &str, phrases: &[String]) {
    for phrase in phrases {
        assert!(text.contains(phrase.as_str()), "not said: {phrase}");
    }
}

#[test]
fn the_document_says_the_bounds_that_hold() {
    let (document, text) = document();
    says(
        &text,
        &[
            format!("at most {} KiB", BODY_BYTES / 1024),
            format!("at most {PASSWORD_CODE_POINTS}, of any kind"),
            format!("exceed {ATTRIBUTES_BYTES} bytes as compact JSON"),
            format!("The body must not exceed {} bytes.", grouped(BODY_BYTES)),
            format!("^[!-~]{{1,{}}}$", conditional::KEY_CHARACTERS),
        ],
    );
    assert_eq!(Name::schema()["maxLength"], NAME_CODE_POINTS);
    assert_eq!(ChosenPassword::schema()["maxLength"], PASSWORD_CODE_POINTS);
    assert_eq!(ChosenPassword::schema()["minLength"], LEAST_MIN_LENGTH);
    assert_eq!(Permissions::schema()["maxItems"], ROLE_PERMISSIONS);
    assert_eq!(
        PageSize::schema(),
        json!({ "type": "integer", "minimum": 1, "maximum": query::PAGE, "default": query::DEFAULT_PAGE })
    );
    assert_eq!(<Cursor<{ List::Users as u8 }>>::schema()["maxLength"], cursor::CHARACTERS);
    // A role in a path.
    let parameters = &document["paths"]["/api/v1/roles/{name}"];
    assert!(parameters.to_string().contains(&format!("\"maxLength\":{WORD_CHARACTERS}")), "{parameters}");
}

#[test]
fn the_details_of_refusals_say_the_bounds_that_hold() {
    says(name_violation(NameProblem::TooLong).1, &[format!("at most {NAME_CODE_POINTS} characters")]);
    says(member_types::ROLE_NAME_RULE, &[format!("at most {WORD_CHARACTERS} characters")]);
    says(member_types::PERMISSION_RULE, &[format!("at most {WORD_CHARACTERS} characters")]);
    says(parameter_types::LIMIT_RULE, &[format!("from 1 to {}.", query::PAGE)]);
    says(conditional::KEY_RULE, &[format!("1 to {} visible", conditional::KEY_CHARACTERS)]);
    says(member_types::ATTRIBUTES_TOO_LARGE, &[format!("{ATTRIBUTES_BYTES} bytes")]);
    says(ErrorCode::BodyTooLarge.entry().meaning, &[format!("{} bytes", grouped(BODY_BYTES))]);
}

#[test]
fn the_pages_say_the_bounds_that_hold() {
    says(
        API,
        &[
            format!("at most {} KiB, without repeated names", BODY_BYTES / 1024),
            format!("| name | 1 to {NAME_CODE_POINTS} characters"),
            format!(
                "15 to {PASSWORD_CODE_POINTS} characters of any kind (`password.min_length`, {} at least)",
                LEAST_MIN_LENGTH
            ),
            format!("at most {ATTRIBUTES_BYTES} bytes as compact JSON"),
            format!("`[a-z][a-z0-9_-]*`, {WORD_CHARACTERS} characters; a thousand roles"),
            format!("a colon between, {WORD_CHARACTERS} characters; sixty a role"),
            format!("| `limit` | 1 to {}; {} when left out |", query::PAGE, query::DEFAULT_PAGE),
            format!("1 to {} visible ASCII characters, remembered for a day", conditional::KEY_CHARACTERS),
        ],
    );
    says(ERRORS, &[format!("at most {} of them", invalid::MOST)]);
    says(AUDIT, &[format!("longer than {PASSWORD_CODE_POINTS} code points")]);
}

/// Bounds that are said in words.
#[test]
fn words_for_numbers_are_those_of_the_numbers() {
    assert_eq!((RECENT, idempotency::REMEMBERED), (Duration::from_secs(5 * 60), Duration::from_secs(24 * 3600)));
    assert_eq!((roles::ROLES, ROLE_PERMISSIONS), (1000, 60));
    for text in [API, ERRORS, AUDIT, &document().1] {
        says(&text.to_lowercase(), &["five minutes".to_owned()]);
    }
}
