-- The cookies of a load balancer, by which the indexer is found that gave the acknowledgement's number.
ALTER TABLE pending_ack ADD COLUMN session TEXT NOT NULL DEFAULT '';
