-- The same tables and columns as ../postgres/0001_schema.sql, which a test compares. Times are microseconds since 1970
-- UTC, calendar dates ISO 8601 text as precise as they are known, digests raw bytes, JSON text.

-- +goose Up

CREATE TABLE units (
    code       TEXT NOT NULL,
    valid_from TEXT NOT NULL, -- '' since ever
    valid_to   TEXT NOT NULL, -- last day; '' still valid
    level      TEXT NOT NULL,
    parent     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    full_name  TEXT NOT NULL,
    identifier TEXT NOT NULL,
    PRIMARY KEY (code, valid_from)
) STRICT;
CREATE INDEX units_parent ON units (parent, code, valid_from);

CREATE TABLE accounts (
    id          TEXT    NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    role        TEXT    NOT NULL,
    unit        TEXT    NOT NULL, -- '' for roles above units
    created_at  INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;
CREATE INDEX accounts_unit ON accounts (unit, id);

CREATE TABLE tokens (
    id         TEXT    NOT NULL PRIMARY KEY,
    account    TEXT    NOT NULL REFERENCES accounts (id),
    hash       BLOB    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX tokens_account ON tokens (account, id);

CREATE TABLE certificates (
    id          TEXT    NOT NULL PRIMARY KEY,
    account     TEXT    NOT NULL REFERENCES accounts (id),
    unit        TEXT    NOT NULL,
    serial      TEXT    NOT NULL,
    issuer      TEXT    NOT NULL,
    sha256      BLOB    NOT NULL,
    der         BLOB    NOT NULL,
    identifiers TEXT    NOT NULL, -- JSON list: MST:…, CCCD:…
    not_before  INTEGER NOT NULL,
    not_after   INTEGER NOT NULL,
    bound_at    INTEGER NOT NULL,
    unbound_at  INTEGER
) STRICT;
-- One binding at a time; what was unbound stays as it was, and may be bound anew.
CREATE UNIQUE INDEX certificates_bound ON certificates (sha256) WHERE unbound_at IS NULL;
CREATE INDEX certificates_account ON certificates (account, id);

CREATE TABLE blobs (
    sha256    BLOB    NOT NULL PRIMARY KEY,
    id        TEXT    NOT NULL UNIQUE, -- chunks are written before the digest is known
    size      INTEGER NOT NULL,
    chunks    INTEGER NOT NULL,
    stored_at INTEGER NOT NULL
) STRICT;

CREATE TABLE chunks (
    blob  TEXT    NOT NULL REFERENCES blobs (id) DEFERRABLE INITIALLY DEFERRED,
    n     INTEGER NOT NULL, -- from 0
    bytes BLOB    NOT NULL, -- 64 KiB each, the last one less
    PRIMARY KEY (blob, n)
) STRICT;

CREATE TABLE imports (
    id          TEXT    NOT NULL PRIMARY KEY,
    unit        TEXT    NOT NULL,
    account     TEXT    NOT NULL REFERENCES accounts (id),
    at          INTEGER NOT NULL,
    file_sha256 BLOB    NOT NULL,
    rows        INTEGER NOT NULL,
    taken       INTEGER NOT NULL,
    bad         INTEGER NOT NULL,
    doubled     INTEGER NOT NULL,
    errors      BLOB REFERENCES blobs (sha256)
) STRICT;
CREATE INDEX imports_unit ON imports (unit, at, id);
CREATE INDEX imports_file ON imports (unit, file_sha256);

CREATE TABLE bundles (
    id          TEXT    NOT NULL PRIMARY KEY,
    unit        TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    before      TEXT    NOT NULL, -- while pending: the state to fall back to
    version     INTEGER NOT NULL,
    root        BLOB,
    size        INTEGER NOT NULL,
    counts      TEXT    NOT NULL, -- JSON as in the manifest
    period_from TEXT    NOT NULL,
    period_to   TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    sealed_at   INTEGER,
    number      TEXT    NOT NULL,
    supersedes  TEXT REFERENCES bundles (id)
) STRICT;
CREATE INDEX bundles_unit ON bundles (unit, created_at, id);
CREATE INDEX bundles_state ON bundles (state, created_at, id);
-- A unit gathers one bundle at a time: who claims its rows does so alone.
CREATE UNIQUE INDEX bundles_open ON bundles (unit) WHERE state = 'open';
CREATE UNIQUE INDEX bundles_successor ON bundles (supersedes) WHERE supersedes IS NOT NULL AND state <> 'withdrawn';

CREATE TABLE files (
    bundle TEXT    NOT NULL REFERENCES bundles (id),
    name   TEXT    NOT NULL, -- as in a bundle directory
    sha256 BLOB    NOT NULL REFERENCES blobs (sha256),
    at     INTEGER NOT NULL,
    PRIMARY KEY (bundle, name)
) STRICT;

-- Rows by the million: import, account and bundle are held by the code, in the transaction that makes them, since a
-- foreign key asked for every row would cost as much as the row.
CREATE TABLE results (
    id            TEXT    NOT NULL PRIMARY KEY,
    unit          TEXT    NOT NULL,
    import        TEXT    NOT NULL,
    external_id   TEXT    NOT NULL,
    person        BLOB, -- 16 bytes; NULL without an identity number
    full_name     TEXT    NOT NULL,
    name_key      TEXT    NOT NULL,
    gender        TEXT    NOT NULL,
    birth_date    TEXT    NOT NULL,
    id_type       TEXT    NOT NULL,
    id_number     TEXT    NOT NULL,
    nationality   TEXT    NOT NULL,
    dose_number   INTEGER, -- NULL while not stated, as is the date: such rows are nobody's duplicates
    vaccinated_on TEXT,
    vaccine       TEXT    NOT NULL,
    lot_number    TEXT    NOT NULL,
    site          TEXT    NOT NULL,
    match         TEXT    NOT NULL,
    match_reason  TEXT    NOT NULL,
    health_by     TEXT,
    health_at     INTEGER,
    police_by     TEXT,
    police_at     INTEGER,
    standing      INTEGER NOT NULL, -- kept by the code: what is lacking, as bits; 0 ready
    bundle        TEXT,
    version       INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX results_dose ON results (person, dose_number, vaccinated_on, unit);
CREATE INDEX results_worklist ON results (unit, standing, name_key, id);
CREATE INDEX results_bundle ON results (bundle) WHERE bundle IS NOT NULL;

CREATE TABLE records (
    id        TEXT    NOT NULL PRIMARY KEY,
    bundle    TEXT    NOT NULL,
    result    TEXT    NOT NULL,
    position  INTEGER NOT NULL, -- of the leaf, from 0
    line_at   INTEGER NOT NULL, -- in records.ndjson
    line_size INTEGER NOT NULL  -- without its line end
) STRICT;
CREATE INDEX records_result ON records (result);

CREATE TABLE requests (
    id         TEXT    NOT NULL PRIMARY KEY,
    account    TEXT    NOT NULL REFERENCES accounts (id),
    carrier    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state      TEXT    NOT NULL, -- open done lapsed refused
    closed_at  INTEGER
) STRICT;
CREATE INDEX requests_account ON requests (account, created_at, id);
CREATE INDEX requests_due ON requests (expires_at, id) WHERE state = 'open';

CREATE TABLE items (
    id       TEXT    NOT NULL PRIMARY KEY,
    request  TEXT    NOT NULL REFERENCES requests (id),
    n        INTEGER NOT NULL, -- order in the request
    bundle   TEXT    NOT NULL REFERENCES bundles (id),
    kind     TEXT    NOT NULL,
    base     BLOB    NOT NULL REFERENCES blobs (sha256), -- the revision that the signature extends
    prepared TEXT    NOT NULL, -- JSON, the signer's half
    state    TEXT    NOT NULL, -- open done lapsed
    done_at  INTEGER
) STRICT;
CREATE UNIQUE INDEX items_open ON items (bundle, kind) WHERE state = 'open';
CREATE INDEX items_request ON items (request, n);

CREATE TABLE idempotency (
    scope       TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    body_sha256 BLOB    NOT NULL,
    status      INTEGER NOT NULL, -- 0 in flight
    answer      BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT;
CREATE INDEX idempotency_at ON idempotency (at);

CREATE TABLE audit (
    seq     INTEGER NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    act     TEXT    NOT NULL,
    actor   TEXT    NOT NULL,
    unit    TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    detail  TEXT    NOT NULL, -- canonical JSON
    prev    BLOB    NOT NULL,
    sum     BLOB    NOT NULL
) STRICT;
CREATE INDEX audit_subject ON audit (subject, seq);
-- The latest act of a kind, however many others came after it: anybody can be refused something a thousand times.
CREATE INDEX audit_act ON audit (subject, act, seq);
CREATE INDEX audit_unit ON audit (unit, seq);

-- The one row that every writing transaction takes last.
CREATE TABLE audit_head (
    id  INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    sum BLOB    NOT NULL
) STRICT;
INSERT INTO audit_head (id, seq, sum) VALUES (1, 0, zeroblob(32));
