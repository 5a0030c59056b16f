-- Deliveries that did not say how many events their chunk has.
CREATE TABLE delivery_events (
    sink     TEXT NOT NULL,
    chunk    INTEGER NOT NULL REFERENCES chunk (id),
    stream   TEXT NOT NULL,
    events   INTEGER NOT NULL,
    position INTEGER NOT NULL DEFAULT 0,
    refused  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (sink, chunk)
) WITHOUT ROWID;
INSERT INTO delivery_events
SELECT sink, chunk, delivery.stream, chunk.events, position, refused FROM delivery JOIN chunk ON chunk.id = chunk;
DROP TABLE delivery;
ALTER TABLE delivery_events RENAME TO delivery;
