"""The sources: what is read next, what counts as a record, and that every row is found once."""
