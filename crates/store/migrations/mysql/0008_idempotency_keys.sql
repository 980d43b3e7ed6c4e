-- What a create has made, found again by the key that the client gave. request_hash leaves passwords out.
CREATE TABLE dw_idempotency_keys (
    key_hash BINARY(32) NOT NULL PRIMARY KEY,
    request_hash BINARY(32) NOT NULL,
    resource VARBINARY(64) NOT NULL,
    created_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX dw_idempotency_keys_created_at ON dw_idempotency_keys (created_at);
