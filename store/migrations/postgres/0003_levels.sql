-- How far signatures are raised, what they were before, and what was fetched for it. The same as ../sqlite/0003_levels.sql.

-- +goose Up

CREATE TABLE levels (
    bundle          TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES bundles (id),
    level           TEXT COLLATE "C" NOT NULL, -- B-B, B-T, B-LT, B-LTA: of the signature that is raised least
    signed_at       BIGINT NOT NULL,
    at              BIGINT NOT NULL, -- since when it has this level, or was renewed
    document_lapses BIGINT, -- when the archive time-stamp has to have a successor; NULL without one
    manifest_lapses BIGINT,
    lapses          BIGINT, -- the earlier one; NULL below B-LTA
    tries           BIGINT NOT NULL, -- in vain, since at
    next_at         BIGINT, -- when the next one is due; NULL while none failed
    cause           TEXT COLLATE "C" NOT NULL -- a code; '' while none failed
);
CREATE INDEX levels_level ON levels (level, signed_at, bundle);
CREATE INDEX levels_lapses ON levels (lapses, bundle) WHERE lapses IS NOT NULL;

-- What a signed file was before it was raised.
CREATE TABLE revisions (
    bundle TEXT COLLATE "C" NOT NULL REFERENCES bundles (id),
    name   TEXT COLLATE "C" NOT NULL, -- as in files
    sha256 BYTEA NOT NULL REFERENCES blobs (sha256),
    level  TEXT COLLATE "C" NOT NULL,
    at     BIGINT NOT NULL, -- since when it was the content
    until  BIGINT NOT NULL,
    PRIMARY KEY (bundle, name, sha256)
);

CREATE TABLE evidence (
    bundle TEXT COLLATE "C" NOT NULL REFERENCES bundles (id),
    sha256 BYTEA NOT NULL REFERENCES blobs (sha256),
    kind   TEXT COLLATE "C" NOT NULL, -- certificate ocsp crl timestamp
    source TEXT COLLATE "C" NOT NULL, -- the address it came from; '' for what came with something else
    at     BIGINT NOT NULL,
    PRIMARY KEY (bundle, sha256)
);
CREATE INDEX evidence_sha256 ON evidence (sha256);
CREATE INDEX revisions_sha256 ON revisions (sha256);
CREATE INDEX files_sha256 ON files (sha256);

INSERT INTO levels (bundle, level, signed_at, at, tries, cause)
    SELECT bundle, 'B-B', at, at, 0, '' FROM files WHERE name = 'manifest.p7s';
