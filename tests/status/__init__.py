"""Health, conditions, metrics and the log."""
