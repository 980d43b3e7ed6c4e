-- token_hash is SHA-256 of the token: whoever reads this table can open no session with it.
CREATE TABLE dw_sessions (
    token_hash BINARY(32) NOT NULL PRIMARY KEY,
    uid BINARY(16) NOT NULL,
    user_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE UNIQUE INDEX dw_sessions_uid ON dw_sessions (uid);
CREATE INDEX dw_sessions_user_id ON dw_sessions (user_id);
CREATE INDEX dw_sessions_last_used_at ON dw_sessions (last_used_at);
