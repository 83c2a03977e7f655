-- Who works jobs, and that they still do. The same as ../sqlite/0006_workers.sql.

-- +goose Up

CREATE TABLE workers (
    id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    beat BIGINT NOT NULL -- goes on for as long as the worker does
);
