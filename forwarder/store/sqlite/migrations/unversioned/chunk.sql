-- Chunks that held key fields and bodies as they are. `sealed` and `crc32` are functions of the program.
CREATE TABLE chunk_sealed (
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
INSERT INTO chunk_sealed
SELECT id, source, stream, oldest_us, newest_us, events, 0, crc = crc32(pivots, bodies), digests, sealed(pivots, bodies)
FROM chunk;
-- A chunk that was damaged before stays recognisable: no checksum is negative.
UPDATE chunk_sealed SET bytes = length(sealed), crc = CASE WHEN crc THEN crc32(sealed, x'') ELSE -1 END;
INSERT INTO sqlite_sequence (name, seq)
SELECT 'chunk_sealed', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'chunk_sealed');
UPDATE sqlite_sequence SET seq = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'chunk'), 0)
WHERE name = 'chunk_sealed';
DROP TABLE chunk;
ALTER TABLE chunk_sealed RENAME TO chunk;
