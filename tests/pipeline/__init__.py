"""Collectors, senders and the service that keeps them going."""
