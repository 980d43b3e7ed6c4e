//! The objects that responses of `/api/v1` hold: what each member is called and means.
//!
//! The glossary of `docs/architecture.md` has the words. Instants are RFC 3339 in UTC.

use super::{
    invalid::Violation,
    problem::ErrorCode,
    schema::{ObjectSchema, Shape, at_times, member},
};

const NULLABLE_TEXT: Shape = Shape::Nullable(&Shape::Text);
const NULLABLE_INSTANT: Shape = Shape::Nullable(&Shape::Instant);
const NULLABLE_UID: Shape = Shape::Nullable(&Shape::Uid);

pub const USER: ObjectSchema = ObjectSchema {
    name: "User",
    meaning: "An account.",
    members: &[
        member("id", Shape::Uid, "The identifier, which never changes and is never given out again."),
        member("name", Shape::Text, "The name as it was typed."),
        member("role", Shape::Text, "The name of the user's role."),
        member("state", Shape::Choice(&["enabled", "disabled"]), "A disabled account is closed to logins."),
        member("must_change_password", Shape::Boolean, "Whether another password must be chosen before anything else."),
        member(
            "attributes",
            Shape::Anything,
            "What the application keeps of the user, for the user to see and change.",
        ),
        at_times(
            "admin_attributes",
            Shape::Anything,
            "What the application keeps of the user for administrators alone. Shown to holders of `users:read` or \
             `users:write`, and never under `/users/me`.",
        ),
        member("created_at", Shape::Instant, "When the account was made."),
        member("last_login_at", NULLABLE_INSTANT, "The last login, if there was one."),
        member("disabled_at", NULLABLE_INSTANT, "Since when the account is disabled, if it is."),
    ],
    example: r#"{
        "id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann", "role": "user", "state": "enabled",
        "must_change_password": false, "attributes": {"locale": "en"},
        "created_at": "2026-11-22T12:00:00Z", "last_login_at": "2026-11-22T12:05:00Z", "disabled_at": null
    }"#,
};

pub const SESSION_USER: ObjectSchema = ObjectSchema {
    name: "SessionUser",
    meaning: "Whose session it is, and what they may do now.",
    members: &[
        member("id", Shape::Uid, "The user's identifier."),
        member("name", Shape::Text, "The name as it was typed."),
        member("role", Shape::Text, "The name of the user's role."),
        member("permissions", Shape::Words, "The permissions of that role."),
        member("must_change_password", Shape::Boolean, "Whether another password must be chosen before anything else."),
    ],
    example: r#"{
        "id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann", "role": "user", "permissions": [],
        "must_change_password": false
    }"#,
};

pub const SESSION: ObjectSchema = ObjectSchema {
    name: "Session",
    meaning: "The session that the request came with, or the one that it began.",
    members: &[
        member("id", Shape::Uid, "The session's identifier, which opens nothing."),
        member("user", Shape::Object(&SESSION_USER), "Whose session it is."),
        member("created_at", Shape::Instant, "When it began."),
        member("authenticated_at", Shape::Instant, "When the password was shown last; fresh for five minutes."),
        member("last_used_at", Shape::Instant, "The last use that was written down, to the minute."),
        member("expires_at", Shape::Instant, "When it ends, unless it is used before."),
        at_times(
            "token",
            Shape::Text,
            "The session's secret, for `Authorization: Bearer`. Told once, and only where the token goes into the body.",
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
    meaning: "A session in a list: where somebody is logged in.",
    members: &[
        member("id", Shape::Uid, "The session's identifier."),
        member("current", Shape::Boolean, "Whether the request came with this session."),
        member("created_at", Shape::Instant, "When it began."),
        member("last_used_at", Shape::Instant, "The last use that was written down, to the minute."),
        member("expires_at", Shape::Instant, "When it ends, unless it is used before."),
        member("address", NULLABLE_TEXT, "The address from which it began."),
        member("client", NULLABLE_TEXT, "What the client calls itself (`User-Agent`); it may say anything."),
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
        member("name", Shape::Text, "The name, which never changes."),
        member("permissions", Shape::Words, "The permissions, each once and in alphabetical order."),
        member("created_at", Shape::Instant, "When the role was made."),
    ],
    example: r#"{
        "name": "support", "permissions": ["sessions:read", "users:read"], "created_at": "2026-11-22T12:00:00Z"
    }"#,
};

pub const DECISION: ObjectSchema = ObjectSchema {
    name: "Decision",
    meaning: "Whether the session may do something, and why.",
    members: &[
        member("allowed", Shape::Boolean, "Whether it may."),
        member("reason", Shape::Text, "The rule that decided."),
        member("role", Shape::Text, "The user's role."),
        member("permission", Shape::Text, "The permission that was asked for."),
    ],
    example: r#"{"allowed": false, "reason": "permission_missing", "role": "user", "permission": "invoices:read"}"#,
};

pub const ACTOR: ObjectSchema = ObjectSchema {
    name: "Actor",
    meaning: "Who did it.",
    members: &[
        member("kind", Shape::Choice(&["user", "anonymous", "operator", "system"]), "What kind of actor."),
        member("id", NULLABLE_UID, "The user's identifier, if it was a user."),
        member("name", NULLABLE_TEXT, "The user's name at that moment, if it was a user."),
    ],
    example: r#"{"kind": "user", "id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann"}"#,
};

pub const SUBJECT: ObjectSchema = ObjectSchema {
    name: "Subject",
    meaning: "To whom it was done.",
    members: &[
        member("id", Shape::Uid, "The user's identifier."),
        member("name", Shape::Text, "The user's name at that moment."),
    ],
    example: r#"{"id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann"}"#,
};

pub const AUDIT_EVENT: ObjectSchema = ObjectSchema {
    name: "AuditEvent",
    meaning: "Something that happened, as the audit trail has it.",
    members: &[
        member("id", Shape::Uid, "The event's identifier."),
        member("occurred_at", Shape::Instant, "When it happened."),
        member("event", Shape::Text, "What happened, in a word of the OWASP Logging Vocabulary."),
        member("outcome", Shape::Choice(&["success", "refused"]), "How it ended."),
        member("reason", NULLABLE_TEXT, "The true reason, if there is one to tell."),
        member("actor", Shape::Object(&ACTOR), "Who did it."),
        member("subject", Shape::Nullable(&Shape::Object(&SUBJECT)), "To whom it was done, if to anybody."),
        member("address", NULLABLE_TEXT, "The address of the client."),
        member("client", NULLABLE_TEXT, "What the client calls itself (`User-Agent`)."),
        member("request_id", NULLABLE_TEXT, "The request's number, as in `X-Request-Id`."),
        member("details", Shape::Anything, "What else there is to know, by the kind of event."),
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
    meaning: "A value of the request that breaks a rule.",
    members: &[
        member("pointer", NULLABLE_TEXT, "Where it stands in the body, as a JSON pointer; null for the other places."),
        at_times("parameter", Shape::Text, "The query parameter that it is."),
        at_times("header", Shape::Text, "The header that it is."),
        member("code", Shape::Choice(Violation::WORDS), "The rule, as a stable word."),
        member("detail", Shape::Text, "What would do."),
    ],
    example: r#"{"pointer": "/password", "code": "too_short", "detail": "Must be at least 15 characters long."}"#,
};

pub const PROBLEM: ObjectSchema = ObjectSchema {
    name: "Problem",
    meaning: "Why a request was refused or failed (RFC 9457).",
    members: &[
        member("type", Shape::Uri, "Where the kind of problem is described."),
        member("title", Shape::Text, "The kind of problem, for people."),
        member("status", Shape::Integer, "The HTTP status."),
        member("detail", Shape::Text, "What happened and what would help, for people."),
        member("code", Shape::Choice(ErrorCode::WORDS), "The kind of problem, as a stable word for programs."),
        member("request_id", Shape::Text, "The request's number, as in `X-Request-Id`, by which the log has it."),
        at_times("errors", Shape::List(&INVALID), "All values that break a rule; with `invalid_input` alone."),
    ],
    example: r#"{
        "type": "/docs#not_found", "title": "Not found", "status": 404,
        "detail": "There is nothing at this address, or nothing that the user may know of.",
        "code": "not_found", "request_id": "5f3a9c01-2a"
    }"#,
};

/// All of them, for the document.
pub const OBJECTS: [&ObjectSchema; 11] =
    [&USER, &SESSION, &SESSION_USER, &DEVICE, &ROLE, &DECISION, &AUDIT_EVENT, &ACTOR, &SUBJECT, &PROBLEM, &INVALID];
