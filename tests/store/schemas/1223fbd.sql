-- One file, one writer process. Times in microseconds (…_us) since 1970 UTC.
CREATE TABLE IF NOT EXISTS meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- How far each source has been read (JSON of `Mark`).
CREATE TABLE IF NOT EXISTS mark (
    source TEXT PRIMARY KEY,
    value  TEXT NOT NULL
) WITHOUT ROWID;

-- The id set: 8-byte digests of ids, packed a page, findable by the records' own time.
CREATE TABLE IF NOT EXISTS seen (
    source    TEXT NOT NULL,
    oldest_us INTEGER NOT NULL,
    newest_us INTEGER NOT NULL,
    digests   BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS seen_by_time ON seen (source, newest_us);

-- Windows to read again because a chunk of theirs was damaged; its ids are taken out of `seen`.
CREATE TABLE IF NOT EXISTS reread (
    id        INTEGER PRIMARY KEY,
    source    TEXT NOT NULL,
    oldest_us INTEGER NOT NULL,
    newest_us INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS chunk (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    source    TEXT NOT NULL,
    stream    TEXT NOT NULL,
    oldest_us INTEGER NOT NULL,
    newest_us INTEGER NOT NULL,
    events    INTEGER NOT NULL,
    bytes     INTEGER NOT NULL,
    crc       INTEGER NOT NULL,
    digests   BLOB NOT NULL,
    sealed    BLOB NOT NULL
);

-- One row a sink that has not confirmed all of the chunk: events before `position` are settled or handed over.
CREATE TABLE IF NOT EXISTS delivery (
    sink     TEXT NOT NULL,
    chunk    INTEGER NOT NULL REFERENCES chunk (id),
    stream   TEXT NOT NULL,
    events   INTEGER NOT NULL,
    position INTEGER NOT NULL DEFAULT 0,
    refused  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (sink, chunk)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS delivery_by_chunk ON delivery (chunk);

-- Events that a sink took without saying yet that it keeps them: they wait for the acknowledgement `ack` of
-- `channel`. `due`: it never came, they are to be sent again; `again`: they were.
CREATE TABLE IF NOT EXISTS handed_over (
    id      INTEGER PRIMARY KEY,
    sink    TEXT NOT NULL,
    chunk   INTEGER NOT NULL,
    start   INTEGER NOT NULL,
    stop    INTEGER NOT NULL,
    channel TEXT NOT NULL,
    ack     INTEGER NOT NULL,
    at_us   INTEGER NOT NULL,
    again   INTEGER NOT NULL,
    due     INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (sink, chunk) REFERENCES delivery (sink, chunk)
);
CREATE INDEX IF NOT EXISTS handed_over_by_delivery ON handed_over (sink, chunk);

-- `digest` keeps a record that is refused at every re-read from becoming a letter each time. `stream` and what
-- follows: what it takes to send again what a sink refused; NULL where a record was refused before it was an event.
CREATE TABLE IF NOT EXISTS dead_letter (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    source     TEXT NOT NULL,
    refused_by TEXT NOT NULL,
    reason     TEXT NOT NULL,
    detail     TEXT NOT NULL,
    uid        TEXT,
    body       BLOB NOT NULL,
    digest     BLOB NOT NULL,
    at_us      INTEGER NOT NULL,
    stream     TEXT,
    oldest_us  INTEGER,
    newest_us  INTEGER,
    digests    BLOB,
    pivots     BLOB,
    UNIQUE (refused_by, digest)
);

-- Refused records whose letters a person dropped: read again, they are no letters again.
CREATE TABLE IF NOT EXISTS dropped_letter (
    refused_by TEXT NOT NULL,
    digest     BLOB NOT NULL,
    PRIMARY KEY (refused_by, digest)
) WITHOUT ROWID;
