-- What wrong passwords have cost an account, a device of its user, or a name that nobody has here (then without user_id).
-- recent holds the last instants, eight bytes each, newest first.
CREATE TABLE dw_login_failures (
    budget BINARY(32) NOT NULL PRIMARY KEY,
    user_id BIGINT,
    failures BIGINT NOT NULL,
    delays BIGINT NOT NULL,
    recent VARBINARY(40) NOT NULL,
    last_failed_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX dw_login_failures_user ON dw_login_failures (user_id);
CREATE INDEX dw_login_failures_last ON dw_login_failures (last_failed_at);
