-- Who works jobs, and that they still do. The same as ../postgres/0006_workers.sql.

-- +goose Up

CREATE TABLE workers (
    id   TEXT NOT NULL PRIMARY KEY,
    beat INTEGER NOT NULL -- goes on for as long as the worker does
) STRICT;
