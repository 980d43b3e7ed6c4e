//! `GET /api/v1/audit-events`: what happened, newest first.

use super::{
    cursor::List,
    objects::AUDIT_EVENT,
    openapi::{Operation, Success, Tag, Who},
    query::{Kind, LIMIT, cursor_of, parameter},
};
use crate::model::Permission;

pub const DOC: Operation = Operation {
    summary: "List audit events",
    description: "Events, newest first, filtered by what is given. An event is written in the transaction of what it \
        records.",
    who: Who::HolderOf(Permission::AuditRead),
    query: &[
        parameter("event", Kind::Text(64), "Only events of this kind.", "authn_login_fail"),
        parameter("outcome", Kind::Choice(&["success", "refused"]), "Only events that ended so.", "refused"),
        parameter("actor", Kind::Uid, "Only what this user did.", "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10"),
        parameter("subject", Kind::Uid, "Only what was done to this user.", "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10"),
        parameter("request_id", Kind::Text(64), "Only what this request brought about.", "5f3a9c01-2a"),
        parameter("since", Kind::Instant, "Only events at or after this instant.", "2026-11-22T00:00:00Z"),
        parameter("until", Kind::Instant, "Only events before this instant.", "2026-11-23T00:00:00Z"),
        LIMIT,
        cursor_of(List::AuditEvents, "AgGarE18AHo-nVI_HCt6nhA"),
    ],
    ..Operation::new(
        "get",
        "/api/v1/audit-events",
        "listAuditEvents",
        Tag::AuditTrail,
        Success::page("A page of events.", &AUDIT_EVENT),
    )
};
