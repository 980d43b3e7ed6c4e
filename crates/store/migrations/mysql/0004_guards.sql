-- One row a rule that spans several rows: whoever might break the rule first writes here, so that they take turns.
CREATE TABLE dw_guards (
    name VARBINARY(64) NOT NULL PRIMARY KEY,
    passed BIGINT NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
INSERT INTO dw_guards (name, passed) VALUES ('administrators', 0);
