-- One row a user who is in the old application's table too. It outlives the user: who was deleted here is not adopted again.
-- fingerprint is keyed, and the key is kept apart: it tells that a password was changed there and nothing else.
CREATE TABLE dw_adoptions (
    old_id BIGINT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL,
    fingerprint VARBINARY(32) NOT NULL,
    adopted_at BIGINT NOT NULL,
    password_set_here_at BIGINT,
    gone_at BIGINT
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE UNIQUE INDEX dw_adoptions_user_id ON dw_adoptions (user_id);
CREATE TABLE dw_adoption_sources (
    id BIGINT NOT NULL PRIMARY KEY,
    table_name VARCHAR(200) NOT NULL,
    key_check VARBINARY(32) NOT NULL,
    first_run_at BIGINT NOT NULL,
    finished_at BIGINT
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
