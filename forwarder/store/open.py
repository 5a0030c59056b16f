"""Opens a store by its URL. A file of its own because it is the only place that knows which engines there are."""

from collections.abc import Sequence
from pathlib import Path

from forwarder.errors import Misconfigured
from forwarder.store.interface import DeadLetters, Inbox, Store
from forwarder.store.sqlite import SqliteDeadLetters, SqliteInbox, SqliteStore

_SQLITE = "sqlite:///"
URL_PATTERN = rf"^{_SQLITE}.+"
URL_HELP = "SQLite database: four slashes for an absolute path, three for a relative one"
"""What `store.url` may be, for the settings."""


def open_store(url: str, sinks: Sequence[str], max_bytes: int) -> Store:
    """Own the store of `url` until `close`; made where there is none, upgraded where it is older.

    Raises `StoreInUse` when another process owns it, and `Misconfigured`.
    """
    return SqliteStore(_path(url), sinks, max_bytes)


def open_inbox(url: str, sinks: Sequence[str], max_bytes: int) -> Inbox:
    """Write beside the owner. Raises `Misconfigured` when there is no store, or it is damaged or of another version."""
    return SqliteInbox(_path(url), sinks, max_bytes)


def open_dead_letters(url: str) -> DeadLetters:
    """Look at dead letters beside the owner. Raises as `open_inbox`."""
    return SqliteDeadLetters(_path(url))


def store_file(url: str) -> Path:
    """The file that holds the store, whose folder needs room. Raises `Misconfigured`."""
    return _path(url)


def _path(url: str) -> Path:
    if not url.startswith(_SQLITE):
        raise Misconfigured(f"store.url: {url} has no engine; write {_SQLITE}PATH (four slashes: an absolute path)")
    return Path(url.removeprefix(_SQLITE))
