"""What is read next, what is a record, and that every row is found once."""
