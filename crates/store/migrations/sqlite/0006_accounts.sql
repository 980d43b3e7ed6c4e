-- version counts what can be changed of a row, for If-Match. attributes and admin_attributes are JSON objects, null when empty.
-- is_disabled is computed: an index over it answers "the disabled ones by name", which one over disabled_at cannot.
ALTER TABLE dw_users ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE dw_users ADD COLUMN attributes TEXT;
ALTER TABLE dw_users ADD COLUMN admin_attributes TEXT;
ALTER TABLE dw_users ADD COLUMN password_change_required_at INTEGER;
ALTER TABLE dw_users ADD COLUMN is_disabled INTEGER GENERATED ALWAYS AS (disabled_at IS NOT NULL) VIRTUAL;
CREATE INDEX dw_users_role ON dw_users (role_id, name_key);
CREATE INDEX dw_users_state ON dw_users (is_disabled, name_key);
CREATE INDEX dw_users_role_state ON dw_users (role_id, is_disabled, name_key);
DROP INDEX dw_users_role_id;
ALTER TABLE dw_sessions ADD COLUMN authenticated_at INTEGER;
ALTER TABLE dw_sessions ADD COLUMN address TEXT;
ALTER TABLE dw_sessions ADD COLUMN client TEXT;
CREATE INDEX dw_sessions_of_user ON dw_sessions (user_id, uid);
DROP INDEX dw_sessions_user_id;
ALTER TABLE dw_roles ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
