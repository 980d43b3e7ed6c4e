-- What a create has made, found again by the key that the client gave. request_hash leaves passwords out.
CREATE TABLE dw_idempotency_keys (
    key_hash BLOB NOT NULL PRIMARY KEY,
    request_hash BLOB NOT NULL,
    resource BLOB NOT NULL,
    created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX dw_idempotency_keys_created_at ON dw_idempotency_keys (created_at);
