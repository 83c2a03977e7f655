-- What the steps of the service keep beside the things themselves. The same as ../postgres/0002_steps.sql.

-- +goose Up

ALTER TABLE items ADD COLUMN signed BLOB; -- digest of the blob with the finished signature; NULL while it is open
ALTER TABLE requests ADD COLUMN certificate BLOB; -- SHA-256 of the signer's certificate
CREATE INDEX items_bundle ON items (bundle, id);
ALTER TABLE results ADD COLUMN amended INTEGER NOT NULL DEFAULT 0; -- 1: found wrong, and the identity corrected since

-- What a result said before it was corrected: personal data, as in results.
CREATE TABLE corrections (
    id       TEXT    NOT NULL PRIMARY KEY,
    result   TEXT    NOT NULL,
    account  TEXT    NOT NULL REFERENCES accounts (id),
    at       INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    evidence TEXT    NOT NULL,
    changes  TEXT    NOT NULL -- JSON list of field, before, after
) STRICT;
CREATE INDEX corrections_result ON corrections (result, at, id);

-- The registers of documents of units: the last number that was given in turn.
CREATE TABLE numbers (
    unit TEXT    NOT NULL,
    year INTEGER NOT NULL,
    kind TEXT    NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (unit, year, kind)
) STRICT;

-- What stands in them: a number is one document's in its year (Nghị định 30/2020/NĐ-CP, Điều 15).
CREATE TABLE numbered (
    unit   TEXT    NOT NULL,
    year   INTEGER NOT NULL,
    kind   TEXT    NOT NULL,
    number TEXT    NOT NULL, -- without zeros before it
    bundle TEXT    NOT NULL REFERENCES bundles (id),
    at     INTEGER NOT NULL,
    PRIMARY KEY (unit, year, kind, number)
) STRICT;
CREATE INDEX numbered_bundle ON numbered (bundle, kind, year);

CREATE TABLE progress (
    bundle TEXT    NOT NULL PRIMARY KEY REFERENCES bundles (id),
    done   INTEGER NOT NULL,
    total  INTEGER NOT NULL,
    at     INTEGER NOT NULL,
    fault  TEXT    NOT NULL -- a code; '' while all is well
) STRICT;

-- Heads of the audit chain that a time-stamping authority has seen.
CREATE TABLE stamps (
    seq   INTEGER NOT NULL PRIMARY KEY,
    sum   BLOB    NOT NULL,
    token BLOB    NOT NULL, -- RFC 3161
    at    INTEGER NOT NULL
) STRICT;
