-- uid is a UUIDv7, so the order of the key is that of time. Names are those of the moment: their users may be gone.
CREATE TABLE dw_audit_events (
    uid BLOB NOT NULL PRIMARY KEY,
    occurred_at INTEGER NOT NULL,
    event TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    actor_kind TEXT NOT NULL,
    actor_uid BLOB,
    actor_name TEXT,
    subject_uid BLOB,
    subject_name TEXT,
    address TEXT,
    client TEXT,
    request_id TEXT,
    details TEXT
) WITHOUT ROWID;
CREATE INDEX dw_audit_events_event ON dw_audit_events (event, uid);
CREATE INDEX dw_audit_events_actor ON dw_audit_events (actor_uid, uid);
CREATE INDEX dw_audit_events_subject ON dw_audit_events (subject_uid, uid);
CREATE INDEX dw_audit_events_request ON dw_audit_events (request_id, uid);
