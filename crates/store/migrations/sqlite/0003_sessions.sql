-- token_hash is SHA-256 of the token: whoever reads this table can open no session with it.
CREATE TABLE dw_sessions (
    token_hash BLOB NOT NULL PRIMARY KEY,
    uid BLOB NOT NULL,
    user_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX dw_sessions_uid ON dw_sessions (uid);
CREATE INDEX dw_sessions_user_id ON dw_sessions (user_id);
CREATE INDEX dw_sessions_last_used_at ON dw_sessions (last_used_at);
