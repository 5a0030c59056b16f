-- The field's words for tables and columns, a lease with a generation, and chunks that say their format.

-- How far each source has been read.
CREATE TABLE checkpoint (
    source        TEXT PRIMARY KEY,
    begin_us      INTEGER NOT NULL,
    watermark_us  INTEGER NOT NULL,
    overlapped_us INTEGER NOT NULL,
    reconciled_us INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO checkpoint
SELECT source, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
    json_extract(value, '$[3]')
FROM mark;
DROP TABLE mark;

-- The id set.
ALTER TABLE seen RENAME TO known_id;
DROP INDEX seen_by_time;
CREATE INDEX known_id_by_time ON known_id (source, newest_us);

-- What a source keeps beside its checkpoint.
ALTER TABLE note RENAME TO source_state;

-- 1: key fields by position; 2: by name.
ALTER TABLE chunk ADD COLUMN format INTEGER NOT NULL DEFAULT 1;

-- Events that a sink took and has not acknowledged.
ALTER TABLE handed_over RENAME TO pending_ack;
DROP INDEX handed_over_by_delivery;
CREATE INDEX pending_ack_by_delivery ON pending_ack (sink, chunk);

-- JSON object; in rows of before: an array of one array, by position.
ALTER TABLE dead_letter RENAME COLUMN pivots TO key_fields;

ALTER TABLE dropped_letter RENAME TO dropped_dead_letter;

-- One row: the owner. `expires_ms`: by the monotonic clock of the machine since its start `boot`.
CREATE TABLE lease (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    owner      TEXT NOT NULL,
    generation INTEGER NOT NULL,
    boot       TEXT NOT NULL,
    expires_ms INTEGER NOT NULL
);
