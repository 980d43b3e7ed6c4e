-- The versions of each secret that are or were in use: name is as in throttle.1. The keys are kept apart, and check_tag shows
-- whether a node has the same.
CREATE TABLE dw_secrets (
    name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    check_tag BINARY(32) NOT NULL,
    first_used_at BIGINT NOT NULL,
    retired_at BIGINT
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
