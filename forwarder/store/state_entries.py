"""What a source notes beside its mark: what a list held when it was last read, what a report has said.

A note is a short name and bytes that only its source reads. Names sort as text.
"""

import sqlite3
from collections.abc import Mapping

from forwarder.store.database import Database

LAST = "\U0010ffff"
"""Behind every name."""


def read(database: Database, source: str, first: str = "", behind: str = LAST) -> dict[str, bytes]:
    """The notes of `source` with names from `first` and before `behind`."""
    return dict(
        database.all(
            "SELECT name, value FROM note WHERE source = ? AND name >= ? AND name < ? ORDER BY name",
            *(source, first, behind),
        )
    )


def write(db: sqlite3.Connection, source: str, state_entries: Mapping[str, bytes | None]) -> None:
    """Replace these notes, within the caller's transaction; those that are `None` go."""
    gone = [(source, name) for name, value in state_entries.items() if value is None]
    kept = [(source, name, value) for name, value in state_entries.items() if value is not None]
    db.executemany("DELETE FROM note WHERE source = ? AND name = ?", gone)
    db.executemany("REPLACE INTO note VALUES (?, ?, ?)", kept)


def forget(db: sqlite3.Connection, source: str, first: str, behind: str) -> None:
    """Let go of the notes from `first` and before `behind`, within the caller's transaction."""
    db.execute("DELETE FROM note WHERE source = ? AND name >= ? AND name < ?", (source, first, behind))
