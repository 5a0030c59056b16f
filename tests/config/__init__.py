"""The settings file: what is taken, what is refused and with which words."""
