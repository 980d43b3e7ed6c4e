-- The versions of each secret that are or were in use: name is as in throttle.1. The keys are kept apart, and check_tag shows
-- whether a node has the same.
CREATE TABLE dw_secrets (
    name TEXT NOT NULL PRIMARY KEY,
    check_tag BLOB NOT NULL,
    first_used_at INTEGER NOT NULL,
    retired_at INTEGER
) WITHOUT ROWID;
