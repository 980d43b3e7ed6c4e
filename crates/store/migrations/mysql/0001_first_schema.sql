-- The schema of release 0.1.0. Times are unix milliseconds in UTC. Names are compared by a key that Rust code folds.

-- permissions: words of the form noun:verb, separated by single blanks.
CREATE TABLE dw_roles (
    id BIGINT NOT NULL PRIMARY KEY,
    name VARBINARY(64) NOT NULL,
    permissions VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    UNIQUE KEY dw_roles_name (name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO dw_roles (id, name, permissions, created_at) VALUES
    (1, 'admin', 'audit:read roles:write sessions:read sessions:revoke users:read users:write', 0),
    (2, 'user', '', 0);

-- name_key: binary, because every text collation of MySQL folds something, at least trailing blanks.
-- version: the number of changes, for If-Match. attributes, admin_attributes: JSON objects, null when empty.
-- is_disabled: computed, because an index on disabled_at cannot list disabled users by name.
CREATE TABLE dw_users (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    uid BINARY(16) NOT NULL,
    name VARCHAR(100) NOT NULL,
    name_key VARBINARY(400) NOT NULL,
    role_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_login_at BIGINT,
    disabled_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    attributes TEXT,
    admin_attributes TEXT,
    password_change_required_at BIGINT,
    is_disabled TINYINT GENERATED ALWAYS AS (disabled_at IS NOT NULL) VIRTUAL,
    UNIQUE KEY dw_users_uid (uid),
    UNIQUE KEY dw_users_name_key (name_key),
    KEY dw_users_role (role_id, name_key),
    KEY dw_users_state (is_disabled, name_key),
    KEY dw_users_role_state (role_id, is_disabled, name_key)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- kind: password. slot: 0 for kinds of which a user has at most one. secret: the hash string of a password.
-- version: the number of changes, from 1. A new hash of the same password is not a change.
CREATE TABLE dw_credentials (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    user_id BIGINT NOT NULL,
    kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    slot BIGINT NOT NULL,
    secret VARCHAR(1024) NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    UNIQUE KEY dw_credentials_user (user_id, kind, slot)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- token_hash: SHA-256 of the token, so a copy of this table gives access to no session. methods: the methods of
-- authentication, as words of RFC 8176, separated by single blanks. level: the strength of all methods together.
CREATE TABLE dw_sessions (
    token_hash BINARY(32) NOT NULL PRIMARY KEY,
    uid BINARY(16) NOT NULL,
    user_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    methods VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    level BIGINT NOT NULL,
    address VARCHAR(64),
    client VARCHAR(200),
    UNIQUE KEY dw_sessions_uid (uid),
    KEY dw_sessions_of_user (user_id, uid),
    KEY dw_sessions_last_used_at (last_used_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row for each rule that spans several rows. A transaction that may break the rule writes this row first.
CREATE TABLE dw_guards (
    name VARBINARY(64) NOT NULL PRIMARY KEY,
    passed BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO dw_guards (name, passed) VALUES ('administrators', 0);

-- One row for each user who was imported from the legacy table. A row outlives its user, so a deleted user is never
-- imported again. fingerprint: shows whether the legacy password has changed. Its key is not in the database.
-- legacy_key: the key of the row if it is not a number. legacy_id is then the negative id of the user.
CREATE TABLE dw_adoptions (
    legacy_id BIGINT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    fingerprint VARBINARY(32) NOT NULL,
    adopted_at BIGINT NOT NULL,
    password_set_locally_at BIGINT,
    gone_at BIGINT,
    legacy_key VARBINARY(255),
    UNIQUE KEY dw_adoptions_user_id (user_id),
    UNIQUE KEY dw_adoptions_legacy_key (legacy_key)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE dw_adoption_sources (
    id BIGINT NOT NULL PRIMARY KEY,
    table_name VARCHAR(200) NOT NULL,
    key_check VARBINARY(32) NOT NULL,
    first_run_at BIGINT NOT NULL,
    finished_at BIGINT
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- uid: a UUIDv7, so the order of the keys is the order of time. Names are those at the time of the event.
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
    details TEXT,
    KEY dw_audit_events_event (event, uid),
    KEY dw_audit_events_actor (actor_uid, uid),
    KEY dw_audit_events_subject (subject_uid, uid),
    KEY dw_audit_events_request (request_id, uid)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The resource that a request created, by the key of the client. request_hash does not cover passwords.
CREATE TABLE dw_idempotency_keys (
    key_hash BINARY(32) NOT NULL PRIMARY KEY,
    request_hash BINARY(32) NOT NULL,
    resource VARBINARY(64) NOT NULL,
    created_at BIGINT NOT NULL,
    KEY dw_idempotency_keys_created_at (created_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- failure_key: a hash of an account, a known device or an unknown name. user_id: null for an unknown name.
-- recent: the times of the last failures, eight bytes each, newest first.
CREATE TABLE dw_login_failures (
    failure_key BINARY(32) NOT NULL PRIMARY KEY,
    user_id BIGINT,
    failures BIGINT NOT NULL,
    delays BIGINT NOT NULL,
    recent VARBINARY(40) NOT NULL,
    last_failed_at BIGINT NOT NULL,
    KEY dw_login_failures_user (user_id),
    KEY dw_login_failures_last (last_failed_at)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- The versions of each secret that are or were in use. name: as in throttle.1. check_tag: shows whether a node has the
-- same key. The keys are not in the database.
CREATE TABLE dw_secrets (
    name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    check_tag BINARY(32) NOT NULL,
    first_used_at BIGINT NOT NULL,
    retired_at BIGINT
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row for each job that runs on one node at a time. Until lease_until, only the node in holder may run it.
CREATE TABLE dw_jobs (
    name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    holder BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    last_run_at BIGINT,
    next_run_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
