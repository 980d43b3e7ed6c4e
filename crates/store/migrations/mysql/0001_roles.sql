-- A role is a named set of permissions: words of the form noun:verb between single blanks.
CREATE TABLE dw_roles (
    id BIGINT NOT NULL PRIMARY KEY,
    name VARBINARY(64) NOT NULL,
    permissions VARCHAR(4000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_at BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE UNIQUE INDEX dw_roles_name ON dw_roles (name);
INSERT INTO dw_roles (id, name, permissions, created_at) VALUES
    (1, 'admin', 'audit:read roles:write sessions:read sessions:revoke users:read users:write', 0),
    (2, 'user', '', 0);
