-- What was said of trust anchors while the service runs, beside the directory. The same as ../postgres/0005_anchors.sql.

-- +goose Up

CREATE TABLE anchors (
    sha256        BLOB NOT NULL PRIMARY KEY,
    der           BLOB NOT NULL,
    purposes      TEXT NOT NULL, -- JSON list: ca tsa rs
    domain        TEXT NOT NULL, -- public official; '' not stated
    trusted_from  INTEGER,
    trusted_until INTEGER,
    removed       INTEGER NOT NULL, -- 1: no anchor, the directory's neither
    changed_at    INTEGER NOT NULL
) STRICT;

-- The one row that every change of an anchor takes first. Servers read it to learn that there was one.
CREATE TABLE trust (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL
) STRICT;
INSERT INTO trust (id, generation) VALUES (1, 0);
