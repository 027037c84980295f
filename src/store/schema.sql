-- perbit's store, version 1. Only facts: intervals, flips and ranks are computed when read.
-- docs/STORE.md explains every table and the identity of a cell.

CREATE TABLE machine (
    id         TEXT PRIMARY KEY,                       -- digest of the stable facts
    info       TEXT NOT NULL CHECK (json_valid(info)),
    first_seen TEXT NOT NULL                           -- UTC
) STRICT;

CREATE TABLE model (
    id        INTEGER PRIMARY KEY,
    sha256    TEXT NOT NULL UNIQUE,                    -- of the source file
    name      TEXT NOT NULL,
    path      TEXT NOT NULL,
    info      TEXT NOT NULL CHECK (json_valid(info)),  -- core/modelfile.h
    synthetic INTEGER NOT NULL CHECK (synthetic IN (0, 1))
) STRICT;

CREATE TABLE variant (                                 -- one file of a model: a level, with or without imatrix
    id             INTEGER PRIMARY KEY,
    model_id       INTEGER NOT NULL REFERENCES model(id),
    level          TEXT NOT NULL,
    imatrix_sha256 TEXT NOT NULL,                      -- "" when there is none
    sha256         TEXT NOT NULL,                      -- of the file; "" before it was made
    path           TEXT NOT NULL,
    info           TEXT CHECK (info IS NULL OR json_valid(info)), -- core/modelfile.h, NULL before it was made
    UNIQUE (model_id, level, imatrix_sha256)
) STRICT;

CREATE TABLE cell (                                    -- one variant, one kind of measurement, one set of settings
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,                   -- core/identity.h
    variant_id INTEGER NOT NULL REFERENCES variant(id),
    kind       TEXT NOT NULL,                          -- core/kind.h
    settings   TEXT NOT NULL CHECK (json_valid(settings)),
    data_sha256 TEXT NOT NULL,
    base       TEXT NOT NULL,
    engine     TEXT NOT NULL,
    machine_id TEXT NOT NULL,                          -- where it ran
    status     TEXT NOT NULL CHECK (status IN ('running', 'done', 'failed')),
    reason     TEXT NOT NULL,                          -- of a failure; "" otherwise
    attempts   INTEGER NOT NULL,
    started    TEXT NOT NULL,                          -- UTC
    finished   TEXT,
    synthetic  INTEGER NOT NULL CHECK (synthetic IN (0, 1))
) STRICT;

CREATE TABLE measure (                                 -- scalars: core/metric.h
    cell_id INTEGER NOT NULL REFERENCES cell(id),
    metric  TEXT NOT NULL,
    slot    INTEGER NOT NULL,                          -- test of a speed cell, else 0
    idx     INTEGER NOT NULL,                          -- chunk or repetition
    value   REAL,                                      -- NULL: not a number
    PRIMARY KEY (cell_id, metric, slot, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE series (                                  -- many values of one index
    cell_id INTEGER NOT NULL REFERENCES cell(id),
    metric  TEXT NOT NULL,
    slot    INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    vals    BLOB NOT NULL CHECK (length(vals) = 8 * n), -- little-endian IEEE doubles
    UNIQUE (cell_id, metric, slot, idx)
) STRICT;

CREATE TABLE fact (                                    -- text about a cell
    cell_id INTEGER NOT NULL REFERENCES cell(id),
    key     TEXT NOT NULL,
    text    TEXT NOT NULL,
    PRIMARY KEY (cell_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (                                     -- one call of a command that measured
    id       INTEGER PRIMARY KEY,
    command  TEXT NOT NULL,
    study    TEXT NOT NULL,
    started  TEXT NOT NULL,
    finished TEXT,
    settings TEXT NOT NULL CHECK (json_valid(settings))
) STRICT;
