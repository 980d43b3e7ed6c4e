//! The objects in responses of `/api/v1`: the names and meanings of their members.
//!
//! The words are those of the glossary in `docs/architecture.md`. Times are RFC 3339 in UTC.

use super::{
    invalid::Violation,
    problem::ErrorCode,
    schema::{ObjectSchema, ValueType, at_times, member},
};

const NULLABLE_TEXT: ValueType = ValueType::Nullable(&ValueType::Text);
const NULLABLE_INSTANT: ValueType = ValueType::Nullable(&ValueType::Instant);
const NULLABLE_UID: ValueType = ValueType::Nullable(&ValueType::Uid);

pub const USER: ObjectSchema = ObjectSchema {
    name: "User",
    meaning: "An account.",
    members: &[
        member("id", ValueType::Uid, "The identifier, which never changes and is never reused."),
        member("name", ValueType::Text, "The name as typed."),
        member("role", ValueType::Text, "The name of the user's role."),
        member("state", ValueType::Choice(&["enabled", "disabled"]), "A disabled account cannot log in."),
        member(
            "must_change_password",
            ValueType::Boolean,
            "Whether the user must change the password before anything else.",
        ),
        member(
            "attributes",
            ValueType::Anything,
            "The application's data of the user, which the user can see and change.",
        ),
        at_times(
            "admin_attributes",
            ValueType::Anything,
            "The application's data of the user that only administrators see. Present for callers with `users:read` or \
             `users:write`, and never under `/users/me`.",
        ),
        member("created_at", ValueType::Instant, "The time of creation."),
        member("last_login_at", NULLABLE_INSTANT, "The time of the last login, if any."),
        member("disabled_at", NULLABLE_INSTANT, "The time since when the account is disabled, if it is."),
    ],
    example: r#"{
        "id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann", "role": "user", "state": "enabled",
        "must_change_password": false, "attributes": {"locale": "en"},
        "created_at": "2026-11-22T12:00:00Z", "last_login_at": "2026-11-22T12:05:00Z", "disabled_at": null
    }"#,
};

pub const SESSION_USER: ObjectSchema = ObjectSchema {
    name: "SessionUser",
    meaning: "The user of the session, and the current permissions.",
    members: &[
        member("id", ValueType::Uid, "The user's identifier."),
        member("name", ValueType::Text, "The name as typed."),
        member("role", ValueType::Text, "The name of the user's role."),
        member("permissions", ValueType::Words, "The permissions of that role."),
        member(
            "must_change_password",
            ValueType::Boolean,
            "Whether the user must change the password before anything else.",
        ),
    ],
    example: r#"{
        "id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann", "role": "user", "permissions": [],
        "must_change_password": false
    }"#,
};

pub const SESSION: ObjectSchema = ObjectSchema {
    name: "Session",
    meaning: "The session of the request, or the session that it started.",
    members: &[
        member("id", ValueType::Uid, "The session's identifier, which is not secret."),
        member("user", ValueType::Object(&SESSION_USER), "The user of the session."),
        member("created_at", ValueType::Instant, "The time of the login."),
        member(
            "authenticated_at",
            ValueType::Instant,
            "The last time the password was proved; recent for five minutes.",
        ),
        member("last_used_at", ValueType::Instant, "The last recorded use, to the minute."),
        member("expires_at", ValueType::Instant, "The time when it expires without further use."),
        at_times(
            "token",
            ValueType::Text,
            "The session's secret, for `Authorization: Bearer`. Present once, and only if the token was requested in the body.",
        ),
    ],
    example: r#"{
        "id": "019aac52-1000-7c11-8e4f-55d0b1a2c3d4",
        "user": {"id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann", "role": "user", "permissions": [],
            "must_change_password": false},
        "created_at": "2026-11-22T12:05:00Z", "authenticated_at": "2026-11-22T12:05:00Z",
        "last_used_at": "2026-11-22T12:05:00Z", "expires_at": "2026-11-23T12:05:00Z"
    }"#,
};

pub const DEVICE: ObjectSchema = ObjectSchema {
    name: "Device",
    meaning: "A session in a list.",
    members: &[
        member("id", ValueType::Uid, "The session's identifier."),
        member("current", ValueType::Boolean, "Whether it is the session of the request."),
        member("created_at", ValueType::Instant, "The time of the login."),
        member("last_used_at", ValueType::Instant, "The last recorded use, to the minute."),
        member("expires_at", ValueType::Instant, "The time when it expires without further use."),
        member("address", NULLABLE_TEXT, "The address of the login."),
        member("client", NULLABLE_TEXT, "The client's own name (`User-Agent`), which is not verified."),
    ],
    example: r#"{
        "id": "019aac52-1000-7c11-8e4f-55d0b1a2c3d4", "current": true, "created_at": "2026-11-22T12:05:00Z",
        "last_used_at": "2026-11-22T12:05:00Z", "expires_at": "2026-11-23T12:05:00Z",
        "address": "203.0.113.7", "client": "curl/8.14.1"
    }"#,
};

pub const ROLE: ObjectSchema = ObjectSchema {
    name: "Role",
    meaning: "A named set of permissions.",
    members: &[
        member("name", ValueType::Text, "The name, which never changes."),
        member("permissions", ValueType::Words, "The permissions, each once and in alphabetical order."),
        member("created_at", ValueType::Instant, "The time of creation."),
    ],
    example: r#"{
        "name": "support", "permissions": ["sessions:read", "users:read"], "created_at": "2026-11-22T12:00:00Z"
    }"#,
};

pub const DECISION: ObjectSchema = ObjectSchema {
    name: "Decision",
    meaning: "Whether the session has a permission, and why.",
    members: &[
        member("allowed", ValueType::Boolean, "Whether the permission is granted."),
        member("reason", ValueType::Text, "The rule of the decision."),
        member("role", ValueType::Text, "The user's role."),
        member("permission", ValueType::Text, "The checked permission."),
    ],
    example: r#"{"allowed": false, "reason": "permission_missing", "role": "user", "permission": "invoices:read"}"#,
};

pub const ACTOR: ObjectSchema = ObjectSchema {
    name: "Actor",
    meaning: "The actor.",
    members: &[
        member("kind", ValueType::Choice(&["user", "anonymous", "operator", "system"]), "The kind of actor."),
        member("id", NULLABLE_UID, "The user's identifier, if it was a user."),
        member("name", NULLABLE_TEXT, "The user's name at that time, if it was a user."),
    ],
    example: r#"{"kind": "user", "id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann"}"#,
};

pub const SUBJECT: ObjectSchema = ObjectSchema {
    name: "Subject",
    meaning: "The user concerned.",
    members: &[
        member("id", ValueType::Uid, "The user's identifier."),
        member("name", ValueType::Text, "The user's name at that time."),
    ],
    example: r#"{"id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann"}"#,
};

pub const AUDIT_EVENT: ObjectSchema = ObjectSchema {
    name: "AuditEvent",
    meaning: "An event of the audit log.",
    members: &[
        member("id", ValueType::Uid, "The event's identifier."),
        member("occurred_at", ValueType::Instant, "The time of the event."),
        member("event", ValueType::Text, "The kind of event, from the OWASP Logging Vocabulary."),
        member("outcome", ValueType::Choice(&["success", "refused"]), "The outcome."),
        member("reason", NULLABLE_TEXT, "The true reason, if any."),
        member("actor", ValueType::Object(&ACTOR), "The actor."),
        member("subject", ValueType::Nullable(&ValueType::Object(&SUBJECT)), "The user concerned, if any."),
        member("address", NULLABLE_TEXT, "The address of the client."),
        member("client", NULLABLE_TEXT, "The client's own name (`User-Agent`)."),
        member("request_id", NULLABLE_TEXT, "The request id, as in `X-Request-Id`."),
        member("details", ValueType::Anything, "More details, depending on the kind of event."),
    ],
    example: r#"{
        "id": "019aac52-1001-7d20-9a00-0c1d2e3f4a5b", "occurred_at": "2026-11-22T12:05:00Z",
        "event": "authn_login_success", "outcome": "success", "reason": null,
        "actor": {"kind": "user", "id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann"},
        "subject": {"id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann"},
        "address": "203.0.113.7", "client": "curl/8.14.1", "request_id": "5f3a9c01-2a", "details": {}
    }"#,
};

pub const INVALID: ObjectSchema = ObjectSchema {
    name: "InvalidValue",
    meaning: "An invalid value of the request.",
    members: &[
        member("pointer", NULLABLE_TEXT, "The place in the body, as a JSON pointer; null for other places."),
        at_times("parameter", ValueType::Text, "The name of the query parameter."),
        at_times("header", ValueType::Text, "The name of the header."),
        member("code", ValueType::Choice(Violation::WORDS), "The violated rule, as a stable word."),
        member("detail", ValueType::Text, "What would be valid."),
    ],
    example: r#"{"pointer": "/password", "code": "too_short", "detail": "Must be at least 15 characters long."}"#,
};

pub const PROBLEM: ObjectSchema = ObjectSchema {
    name: "Problem",
    meaning: "An error (RFC 9457).",
    members: &[
        member("type", ValueType::Uri, "The address of the description."),
        member("title", ValueType::Text, "The kind of problem, for people."),
        member("status", ValueType::Integer, "The HTTP status."),
        member("detail", ValueType::Text, "The cause and a remedy, for people."),
        member("code", ValueType::Choice(ErrorCode::WORDS), "The kind of problem, as a stable word for programs."),
        member("request_id", ValueType::Text, "The request id, as in `X-Request-Id` and in the log."),
        at_times("errors", ValueType::List(&INVALID), "All invalid values; only with `invalid_input`."),
    ],
    example: r#"{
        "type": "/docs#not_found", "title": "Not found", "status": 404,
        "detail": "The resource does not exist, or the user must not know of it.",
        "code": "not_found", "request_id": "5f3a9c01-2a"
    }"#,
};

/// All objects, for the document.
pub const OBJECTS: [&ObjectSchema; 11] =
    [&USER, &SESSION, &SESSION_USER, &DEVICE, &ROLE, &DECISION, &AUDIT_EVENT, &ACTOR, &SUBJECT, &PROBLEM, &INVALID];
