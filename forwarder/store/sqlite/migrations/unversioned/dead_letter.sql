-- Dead letters of sinks without what it takes to send the event again: they are kept, and can be shown and dropped.
ALTER TABLE dead_letter ADD COLUMN stream TEXT;
ALTER TABLE dead_letter ADD COLUMN oldest_us INTEGER;
ALTER TABLE dead_letter ADD COLUMN newest_us INTEGER;
ALTER TABLE dead_letter ADD COLUMN digests BLOB;
ALTER TABLE dead_letter ADD COLUMN pivots BLOB;
