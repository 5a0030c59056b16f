"""The settings file: what is accepted, what is refused, and the messages."""
