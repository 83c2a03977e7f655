-- The same tables and columns as ../sqlite/0001_schema.sql, which a test compares. Text sorts by its bytes, here as
-- there: orders that follow a language change with the system's libraries, and break the indexes made before.

-- +goose Up

CREATE TABLE units (
    code       TEXT COLLATE "C" NOT NULL,
    valid_from TEXT COLLATE "C" NOT NULL, -- '' since ever
    valid_to   TEXT COLLATE "C" NOT NULL, -- last day; '' still valid
    level      TEXT COLLATE "C" NOT NULL,
    parent     TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    full_name  TEXT COLLATE "C" NOT NULL,
    identifier TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (code, valid_from)
);
CREATE INDEX units_parent ON units (parent, code, valid_from);

CREATE TABLE accounts (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name        TEXT COLLATE "C" NOT NULL,
    role        TEXT COLLATE "C" NOT NULL,
    unit        TEXT COLLATE "C" NOT NULL, -- '' for roles above units
    created_at  BIGINT NOT NULL,
    disabled_at BIGINT
);
CREATE INDEX accounts_unit ON accounts (unit, id);

CREATE TABLE tokens (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account    TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    hash       BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX tokens_account ON tokens (account, id);

CREATE TABLE certificates (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account     TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    unit        TEXT COLLATE "C" NOT NULL,
    serial      TEXT COLLATE "C" NOT NULL,
    issuer      TEXT COLLATE "C" NOT NULL,
    sha256      BYTEA NOT NULL,
    der         BYTEA NOT NULL,
    identifiers TEXT COLLATE "C" NOT NULL, -- JSON list: MST:…, CCCD:…
    not_before  BIGINT NOT NULL,
    not_after   BIGINT NOT NULL,
    bound_at    BIGINT NOT NULL,
    unbound_at  BIGINT
);
-- One binding at a time; what was unbound stays as it was, and may be bound anew.
CREATE UNIQUE INDEX certificates_bound ON certificates (sha256) WHERE unbound_at IS NULL;
CREATE INDEX certificates_account ON certificates (account, id);

CREATE TABLE blobs (
    sha256    BYTEA NOT NULL PRIMARY KEY,
    id        TEXT COLLATE "C" NOT NULL UNIQUE, -- chunks are written before the digest is known
    size      BIGINT NOT NULL,
    chunks    BIGINT NOT NULL,
    stored_at BIGINT NOT NULL
);

CREATE TABLE chunks (
    blob  TEXT COLLATE "C" NOT NULL REFERENCES blobs (id) DEFERRABLE INITIALLY DEFERRED,
    n     BIGINT NOT NULL, -- from 0
    bytes BYTEA NOT NULL, -- 64 KiB each, the last one less
    PRIMARY KEY (blob, n)
);

-- Most of what chunks hold is compressed already, and deciding that costs more than the disk.
ALTER TABLE chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE imports (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    unit        TEXT COLLATE "C" NOT NULL,
    account     TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    at          BIGINT NOT NULL,
    file_sha256 BYTEA NOT NULL,
    rows        BIGINT NOT NULL,
    taken       BIGINT NOT NULL,
    bad         BIGINT NOT NULL,
    doubled     BIGINT NOT NULL,
    errors      BYTEA REFERENCES blobs (sha256)
);
CREATE INDEX imports_unit ON imports (unit, at, id);
CREATE INDEX imports_file ON imports (unit, file_sha256);

CREATE TABLE bundles (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    unit        TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    before      TEXT COLLATE "C" NOT NULL, -- while pending: the state to fall back to
    version     BIGINT NOT NULL,
    root        BYTEA,
    size        BIGINT NOT NULL,
    counts      TEXT COLLATE "C" NOT NULL, -- JSON as in the manifest
    period_from TEXT COLLATE "C" NOT NULL,
    period_to   TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    sealed_at   BIGINT,
    number      TEXT COLLATE "C" NOT NULL,
    supersedes  TEXT COLLATE "C" REFERENCES bundles (id)
);
CREATE INDEX bundles_unit ON bundles (unit, created_at, id);
CREATE INDEX bundles_state ON bundles (state, created_at, id);
-- A unit gathers one bundle at a time: who claims its rows does so alone.
CREATE UNIQUE INDEX bundles_open ON bundles (unit) WHERE state = 'open';
CREATE UNIQUE INDEX bundles_successor ON bundles (supersedes) WHERE supersedes IS NOT NULL AND state <> 'withdrawn';

CREATE TABLE files (
    bundle TEXT COLLATE "C" NOT NULL REFERENCES bundles (id),
    name   TEXT COLLATE "C" NOT NULL, -- as in a bundle directory
    sha256 BYTEA NOT NULL REFERENCES blobs (sha256),
    at     BIGINT NOT NULL,
    PRIMARY KEY (bundle, name)
);

-- Rows by the million: import, account and bundle are held by the code, in the transaction that makes them, since a
-- foreign key asked for every row would cost as much as the row.
CREATE TABLE results (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    unit          TEXT COLLATE "C" NOT NULL,
    import        TEXT COLLATE "C" NOT NULL,
    external_id   TEXT COLLATE "C" NOT NULL,
    person        BYTEA, -- 16 bytes; NULL without an identity number
    full_name     TEXT COLLATE "C" NOT NULL,
    name_key      TEXT COLLATE "C" NOT NULL,
    gender        TEXT COLLATE "C" NOT NULL,
    birth_date    TEXT COLLATE "C" NOT NULL,
    id_type       TEXT COLLATE "C" NOT NULL,
    id_number     TEXT COLLATE "C" NOT NULL,
    nationality   TEXT COLLATE "C" NOT NULL,
    dose_number   BIGINT, -- NULL while not stated, as is the date: such rows are nobody's duplicates
    vaccinated_on TEXT COLLATE "C",
    vaccine       TEXT COLLATE "C" NOT NULL,
    lot_number    TEXT COLLATE "C" NOT NULL,
    site          TEXT COLLATE "C" NOT NULL,
    match         TEXT COLLATE "C" NOT NULL,
    match_reason  TEXT COLLATE "C" NOT NULL,
    health_by     TEXT COLLATE "C",
    health_at     BIGINT,
    police_by     TEXT COLLATE "C",
    police_at     BIGINT,
    standing      SMALLINT NOT NULL, -- kept by the code: what is lacking, as bits; 0 ready
    bundle        TEXT COLLATE "C",
    version       BIGINT NOT NULL
);
CREATE UNIQUE INDEX results_dose ON results (person, dose_number, vaccinated_on, unit);
CREATE INDEX results_worklist ON results (unit, standing, name_key, id);
CREATE INDEX results_bundle ON results (bundle) WHERE bundle IS NOT NULL;

CREATE TABLE records (
    id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    bundle    TEXT COLLATE "C" NOT NULL,
    result    TEXT COLLATE "C" NOT NULL,
    position  BIGINT NOT NULL, -- of the leaf, from 0
    line_at   BIGINT NOT NULL, -- in records.ndjson
    line_size BIGINT NOT NULL  -- without its line end
);
CREATE INDEX records_result ON records (result);

CREATE TABLE requests (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account    TEXT COLLATE "C" NOT NULL REFERENCES accounts (id),
    carrier    TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    state      TEXT COLLATE "C" NOT NULL, -- open done lapsed refused
    closed_at  BIGINT
);
CREATE INDEX requests_account ON requests (account, created_at, id);
CREATE INDEX requests_due ON requests (expires_at, id) WHERE state = 'open';

CREATE TABLE items (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    request  TEXT COLLATE "C" NOT NULL REFERENCES requests (id),
    n        BIGINT NOT NULL, -- order in the request
    bundle   TEXT COLLATE "C" NOT NULL REFERENCES bundles (id),
    kind     TEXT COLLATE "C" NOT NULL,
    base     BYTEA NOT NULL REFERENCES blobs (sha256), -- the revision that the signature extends
    prepared TEXT COLLATE "C" NOT NULL, -- JSON, the signer's half
    state    TEXT COLLATE "C" NOT NULL, -- open done lapsed
    done_at  BIGINT
);
-- As with chunks: what was prepared is mostly compressed already.
ALTER TABLE items ALTER COLUMN prepared SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX items_open ON items (bundle, kind) WHERE state = 'open';
CREATE INDEX items_request ON items (request, n);

CREATE TABLE idempotency (
    scope       TEXT COLLATE "C" NOT NULL,
    key         TEXT COLLATE "C" NOT NULL,
    body_sha256 BYTEA NOT NULL,
    status      BIGINT NOT NULL, -- 0 in flight
    answer      BYTEA NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_at ON idempotency (at);

CREATE TABLE audit (
    seq     BIGINT NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    act     TEXT COLLATE "C" NOT NULL,
    actor   TEXT COLLATE "C" NOT NULL,
    unit    TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    detail  TEXT COLLATE "C" NOT NULL, -- canonical JSON
    prev    BYTEA NOT NULL,
    sum     BYTEA NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, seq);
-- The latest act of a kind, however many others came after it: anybody can be refused something a thousand times.
CREATE INDEX audit_act ON audit (subject, act, seq);
CREATE INDEX audit_unit ON audit (unit, seq);

-- The one row that every writing transaction takes last.
CREATE TABLE audit_head (
    id  BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    sum BYTEA NOT NULL
);
INSERT INTO audit_head (id, seq, sum) VALUES (1, 0, decode(repeat('00', 32), 'hex'));
