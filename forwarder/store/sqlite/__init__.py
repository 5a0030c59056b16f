"""The engine on one SQLite file. Nothing outside `forwarder.store` imports it."""

from forwarder.store.sqlite.beside import SqliteDeadLetters, SqliteInbox
from forwarder.store.sqlite.owner import SqliteStore

__all__ = ["SqliteDeadLetters", "SqliteInbox", "SqliteStore"]
