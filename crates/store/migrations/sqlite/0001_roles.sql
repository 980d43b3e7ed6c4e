-- A role is a named set of permissions: words of the form noun:verb between single blanks.
CREATE TABLE dw_roles (
    id INTEGER PRIMARY KEY,
    name BLOB NOT NULL,
    permissions TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX dw_roles_name ON dw_roles (name);
INSERT INTO dw_roles (id, name, permissions, created_at) VALUES
    (1, CAST('admin' AS BLOB), 'audit:read roles:write sessions:read sessions:revoke users:read users:write', 0),
    (2, CAST('user' AS BLOB), '', 0);
