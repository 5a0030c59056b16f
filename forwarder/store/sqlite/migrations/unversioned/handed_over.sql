-- Waiting for an acknowledgement had a time by a clock that may jump; numbers of rows came again.
CREATE TABLE handed_over_again (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    sink    TEXT NOT NULL,
    chunk   INTEGER NOT NULL,
    start   INTEGER NOT NULL,
    stop    INTEGER NOT NULL,
    channel TEXT NOT NULL,
    ack     INTEGER NOT NULL,
    again   INTEGER NOT NULL,
    due     INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (sink, chunk) REFERENCES delivery (sink, chunk)
);
INSERT INTO handed_over_again SELECT id, sink, chunk, start, stop, channel, ack, again, due FROM handed_over;
DROP TABLE handed_over;
ALTER TABLE handed_over_again RENAME TO handed_over;
