-- What wrong passwords have cost an account, a device of its user, or a name that nobody has here (then without user_id).
-- recent holds the last instants, eight bytes each, newest first.
CREATE TABLE dw_login_failures (
    budget BLOB NOT NULL PRIMARY KEY,
    user_id INTEGER,
    failures INTEGER NOT NULL,
    delays INTEGER NOT NULL,
    recent BLOB NOT NULL,
    last_failed_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX dw_login_failures_user ON dw_login_failures (user_id);
CREATE INDEX dw_login_failures_last ON dw_login_failures (last_failed_at);
