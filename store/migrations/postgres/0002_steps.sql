-- What the steps of the service keep beside the things themselves. The same as ../sqlite/0002_steps.sql.

-- +goose Up

ALTER TABLE items ADD COLUMN signed BYTEA; -- digest of the blob with the finished signature; NULL while it is open
ALTER TABLE requests ADD COLUMN certificate BYTEA; -- SHA-256 of the signer's certificate
CREATE INDEX items_bundle ON items (bundle, id);
ALTER TABLE results ADD COLUMN amended SMALLINT NOT NULL DEFAULT 0; -- 1: found wrong, and the identity corrected since

-- What a result said before it was corrected: personal data, as in results.
CREATE TABLE corrections (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    result   TEXT COLLATE "C" NOT NULL,
    account  TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    at       BIGINT NOT NULL,
    reason   TEXT COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    changes  TEXT COLLATE "C" NOT NULL -- JSON list of field, before, after
);
CREATE INDEX corrections_result ON corrections (result, at, id);

-- The registers of documents of units: the last number that was given in turn.
CREATE TABLE numbers (
    unit TEXT COLLATE "C" NOT NULL,
    year BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (unit, year, kind)
);

-- What stands in them: a number is one document's in its year (Nghị định 30/2020/NĐ-CP, Điều 15).
CREATE TABLE numbered (
    unit   TEXT COLLATE "C" NOT NULL,
    year   BIGINT NOT NULL,
    kind   TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL, -- without zeros before it
    bundle TEXT COLLATE "C" NOT NULL REFERENCES bundles (id),
    at     BIGINT NOT NULL,
    PRIMARY KEY (unit, year, kind, number)
);
CREATE INDEX numbered_bundle ON numbered (bundle, kind, year);

CREATE TABLE progress (
    bundle TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES bundles (id),
    done   BIGINT NOT NULL,
    total  BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    fault  TEXT COLLATE "C" NOT NULL -- a code; '' while all is well
);

-- Heads of the audit chain that a time-stamping authority has seen.
CREATE TABLE stamps (
    seq   BIGINT NOT NULL PRIMARY KEY,
    sum   BYTEA  NOT NULL,
    token BYTEA  NOT NULL, -- RFC 3161
    at    BIGINT NOT NULL
);
