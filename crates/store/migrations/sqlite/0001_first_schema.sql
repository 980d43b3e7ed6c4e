-- The schema of release 0.1.0. Times are unix milliseconds in UTC. Names are compared by a key that Rust code folds.

-- permissions: words of the form noun:verb, separated by single blanks.
CREATE TABLE dw_roles (
    id INTEGER PRIMARY KEY,
    name BLOB NOT NULL,
    permissions TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX dw_roles_name ON dw_roles (name);
INSERT INTO dw_roles (id, name, permissions, created_at) VALUES
    (1, CAST('admin' AS BLOB), 'audit:read roles:write sessions:read sessions:revoke users:read users:write', 0),
    (2, CAST('user' AS BLOB), '', 0);

-- AUTOINCREMENT: ids are never reused, not even the highest one after the deletion of its user.
-- version: the number of changes, for If-Match. attributes, admin_attributes: JSON objects, null when empty.
-- is_disabled: computed, because an index on disabled_at cannot list disabled users by name.
CREATE TABLE dw_users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL,
    name TEXT NOT NULL,
    name_key BLOB NOT NULL,
    role_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_login_at INTEGER,
    disabled_at INTEGER,
    version INTEGER NOT NULL DEFAULT 1,
    attributes TEXT,
    admin_attributes TEXT,
    password_change_required_at INTEGER,
    is_disabled INTEGER GENERATED ALWAYS AS (disabled_at IS NOT NULL) VIRTUAL
);
CREATE UNIQUE INDEX dw_users_uid ON dw_users (uid);
CREATE UNIQUE INDEX dw_users_name_key ON dw_users (name_key);
CREATE INDEX dw_users_role ON dw_users (role_id, name_key);
CREATE INDEX dw_users_state ON dw_users (is_disabled, name_key);
CREATE INDEX dw_users_role_state ON dw_users (role_id, is_disabled, name_key);

-- kind: password. slot: 0 for kinds of which a user has at most one. secret: the hash string of a password.
-- version: the number of changes, from 1. A new hash of the same password is not a change.
CREATE TABLE dw_credentials (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    slot INTEGER NOT NULL,
    secret TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
);
CREATE UNIQUE INDEX dw_credentials_user ON dw_credentials (user_id, kind, slot);

-- token_hash: SHA-256 of the token, so a copy of this table gives access to no session. methods: the methods of
-- authentication, as words of RFC 8176, separated by single blanks. level: the strength of all methods together.
CREATE TABLE dw_sessions (
    token_hash BLOB NOT NULL PRIMARY KEY,
    uid BLOB NOT NULL,
    user_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    authenticated_at INTEGER NOT NULL,
    methods TEXT NOT NULL,
    level INTEGER NOT NULL,
    address TEXT,
    client TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX dw_sessions_uid ON dw_sessions (uid);
CREATE INDEX dw_sessions_of_user ON dw_sessions (user_id, uid);
CREATE INDEX dw_sessions_last_used_at ON dw_sessions (last_used_at);

-- One row for each rule that spans several rows. A transaction that may break the rule writes this row first.
CREATE TABLE dw_guards (
    name BLOB NOT NULL PRIMARY KEY,
    passed INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO dw_guards (name, passed) VALUES (CAST('administrators' AS BLOB), 0);

-- One row for each user who was imported from the legacy table. A row outlives its user, so a deleted user is never
-- imported again. fingerprint: shows whether the legacy password has changed. Its key is not in the database.
-- legacy_key: the key of the row if it is not a number. legacy_id is then the negative id of the user.
CREATE TABLE dw_adoptions (
    legacy_id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    adopted_at INTEGER NOT NULL,
    password_set_locally_at INTEGER,
    gone_at INTEGER,
    legacy_key BLOB
);
CREATE UNIQUE INDEX dw_adoptions_user_id ON dw_adoptions (user_id);
CREATE UNIQUE INDEX dw_adoptions_legacy_key ON dw_adoptions (legacy_key);
CREATE TABLE dw_adoption_sources (
    id INTEGER PRIMARY KEY,
    table_name TEXT NOT NULL,
    key_check BLOB NOT NULL,
    first_run_at INTEGER NOT NULL,
    finished_at INTEGER
);

-- uid: a UUIDv7, so the order of the keys is the order of time. Names are those at the time of the event.
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

-- The resource that a request created, by the key of the client. request_hash does not cover passwords.
CREATE TABLE dw_idempotency_keys (
    key_hash BLOB NOT NULL PRIMARY KEY,
    request_hash BLOB NOT NULL,
    resource BLOB NOT NULL,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX dw_idempotency_keys_created_at ON dw_idempotency_keys (created_at);

-- failure_key: a hash of an account, a known device or an unknown name. user_id: null for an unknown name.
-- recent: the times of the last failures, eight bytes each, newest first.
CREATE TABLE dw_login_failures (
    failure_key BLOB NOT NULL PRIMARY KEY,
    user_id INTEGER,
    failures INTEGER NOT NULL,
    delays INTEGER NOT NULL,
    recent BLOB NOT NULL,
    last_failed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX dw_login_failures_user ON dw_login_failures (user_id);
CREATE INDEX dw_login_failures_last ON dw_login_failures (last_failed_at);

-- The versions of each secret that are or were in use. name: as in throttle.1. check_tag: shows whether a node has the
-- same key. The keys are not in the database.
CREATE TABLE dw_secrets (
    name TEXT NOT NULL PRIMARY KEY,
    check_tag BLOB NOT NULL,
    first_used_at INTEGER NOT NULL,
    retired_at INTEGER
) WITHOUT ROWID;

-- One row for each job that runs on one node at a time. Until lease_until, only the node in holder may run it.
CREATE TABLE dw_jobs (
    name TEXT NOT NULL PRIMARY KEY,
    holder INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    last_run_at INTEGER,
    next_run_at INTEGER NOT NULL
) WITHOUT ROWID;
