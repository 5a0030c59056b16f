"""The engines of the store, as the tests of all of them see one. A new engine adds its entry to `ENGINES`."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Protocol


class Engine(Protocol):
    """How a test makes a store of its own, and does to it what the interface does not allow."""

    name: str

    def url(self, folder: Path) -> str:
        """`store.url` of the store in `folder`."""

    def damage(self, folder: Path, chunk_id: int) -> None:
        """Flip one bit of a chunk's events."""

    def set_format(self, folder: Path, chunk_id: int, number: int) -> None:
        """Make a chunk one of another format."""

    def ask_to_reread(self, folder: Path, source: str, oldest_us: int, newest_us: int) -> None:
        """Note a time range for reading again, as a damaged chunk does."""


class SqliteEngine:
    """A file `store.db`."""

    name = "sqlite"

    def url(self, folder: Path) -> str:
        """See `Engine.url`."""
        return f"sqlite:///{folder / 'store.db'}"

    def damage(self, folder: Path, chunk_id: int) -> None:
        """See `Engine.damage`."""
        with closing(sqlite3.connect(folder / "store.db")) as db, db:
            ((sealed,),) = db.execute("SELECT sealed FROM chunk WHERE id = ?", (chunk_id,)).fetchall()
            middle = len(sealed) // 2
            changed = sealed[:middle] + bytes([sealed[middle] ^ 1]) + sealed[middle + 1 :]
            db.execute("UPDATE chunk SET sealed = ? WHERE id = ?", (changed, chunk_id))

    def set_format(self, folder: Path, chunk_id: int, number: int) -> None:
        """See `Engine.set_format`."""
        with closing(sqlite3.connect(folder / "store.db")) as db, db:
            db.execute("UPDATE chunk SET format = ? WHERE id = ?", (number, chunk_id))

    def ask_to_reread(self, folder: Path, source: str, oldest_us: int, newest_us: int) -> None:
        """See `Engine.ask_to_reread`."""
        with closing(sqlite3.connect(folder / "store.db")) as db, db:
            values = (source, oldest_us, newest_us)
            db.execute("INSERT INTO reread (source, oldest_us, newest_us) VALUES (?, ?, ?)", values)


SQLITE = SqliteEngine()
ENGINES: tuple[Engine, ...] = (SQLITE,)
