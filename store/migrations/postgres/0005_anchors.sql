-- What was said of trust anchors while the service runs, beside the directory. The same as ../sqlite/0005_anchors.sql.

-- +goose Up

CREATE TABLE anchors (
    sha256        BYTEA NOT NULL PRIMARY KEY,
    der           BYTEA NOT NULL,
    purposes      TEXT COLLATE "C" NOT NULL, -- JSON list: ca tsa rs
    domain        TEXT COLLATE "C" NOT NULL, -- public official; '' not stated
    trusted_from  BIGINT,
    trusted_until BIGINT,
    removed       SMALLINT NOT NULL, -- 1: no anchor, the directory's neither
    changed_at    BIGINT NOT NULL
);

-- The one row that every change of an anchor takes first. Servers read it to learn that there was one.
CREATE TABLE trust (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    generation BIGINT NOT NULL
);
INSERT INTO trust (id, generation) VALUES (1, 0);
