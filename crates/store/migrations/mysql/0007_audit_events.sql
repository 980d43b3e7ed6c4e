-- uid is a UUIDv7, so the order of the key is that of time. Names are those of the moment: their users may be gone.
CREATE TABLE dw_audit_events (
    uid BINARY(16) NOT NULL PRIMARY KEY,
    occurred_at BIGINT NOT NULL,
    event VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    outcome VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    reason VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
    actor_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    actor_uid BINARY(16),
    actor_name VARCHAR(100),
    subject_uid BINARY(16),
    subject_name VARCHAR(100),
    address VARCHAR(64),
    client VARCHAR(200),
    request_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin,
    details TEXT
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX dw_audit_events_event ON dw_audit_events (event, uid);
CREATE INDEX dw_audit_events_actor ON dw_audit_events (actor_uid, uid);
CREATE INDEX dw_audit_events_subject ON dw_audit_events (subject_uid, uid);
CREATE INDEX dw_audit_events_request ON dw_audit_events (request_id, uid);
