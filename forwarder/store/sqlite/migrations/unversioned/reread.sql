-- Ids that a damaged chunk held are taken out of the id set instead of being listed here.
CREATE TABLE reread_range (
    id        INTEGER PRIMARY KEY,
    source    TEXT NOT NULL,
    oldest_us INTEGER NOT NULL,
    newest_us INTEGER NOT NULL
);
INSERT INTO reread_range SELECT id, source, oldest_us, newest_us FROM reread;
UPDATE seen SET digests = without(digests, (SELECT group_concat(hex(lost), '') FROM reread WHERE source = seen.source))
WHERE source IN (SELECT source FROM reread);
DROP TABLE reread;
ALTER TABLE reread_range RENAME TO reread;
