-- AUTOINCREMENT: an id is never given out twice, not even the highest one after its user was deleted.
CREATE TABLE dw_users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL,
    name TEXT NOT NULL,
    name_key BLOB NOT NULL,
    role_id INTEGER NOT NULL,
    password_hash TEXT NOT NULL,
    password_version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_login_at INTEGER,
    disabled_at INTEGER
);
CREATE UNIQUE INDEX dw_users_uid ON dw_users (uid);
CREATE UNIQUE INDEX dw_users_name_key ON dw_users (name_key);
CREATE INDEX dw_users_role_id ON dw_users (role_id);
