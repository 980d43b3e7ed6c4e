-- One row a user who is in the old application's table too. It outlives the user: who was deleted here is not adopted again.
-- fingerprint is keyed, and the key is kept apart: it tells that a password was changed there and nothing else.
CREATE TABLE dw_adoptions (
    old_id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    adopted_at INTEGER NOT NULL,
    password_set_here_at INTEGER,
    gone_at INTEGER
);
CREATE UNIQUE INDEX dw_adoptions_user_id ON dw_adoptions (user_id);
CREATE TABLE dw_adoption_sources (
    id INTEGER PRIMARY KEY,
    table_name TEXT NOT NULL,
    key_check BLOB NOT NULL,
    first_run_at INTEGER NOT NULL,
    finished_at INTEGER
);
