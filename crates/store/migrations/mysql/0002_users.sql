-- name_key is binary because every text collation of MySQL folds something, trailing blanks at least.
CREATE TABLE dw_users (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    uid BINARY(16) NOT NULL,
    name VARCHAR(100) NOT NULL,
    name_key VARBINARY(400) NOT NULL,
    role_id BIGINT NOT NULL,
    password_hash VARCHAR(1024) NOT NULL,
    password_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_login_at BIGINT,
    disabled_at BIGINT
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE UNIQUE INDEX dw_users_uid ON dw_users (uid);
CREATE UNIQUE INDEX dw_users_name_key ON dw_users (name_key);
CREATE INDEX dw_users_role_id ON dw_users (role_id);
