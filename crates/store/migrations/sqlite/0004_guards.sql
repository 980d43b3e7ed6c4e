-- One row a rule that spans several rows: whoever might break the rule first writes here, so that they take turns.
CREATE TABLE dw_guards (
    name BLOB NOT NULL PRIMARY KEY,
    passed INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO dw_guards (name, passed) VALUES (CAST('administrators' AS BLOB), 0);
