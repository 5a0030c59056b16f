"""One SQLite file: read, and written in transactions; its faults are sorted by what must happen.

Invariants:
- `synchronous=FULL`: what a transaction committed survives a power cut.
- Locked, full, or not writable now: `StoreUnavailable`, the caller pauses. Nothing is wrong with the file.
- Damaged: `damaged` decides. Its owner sets the file aside and goes on with a new one, anyone else leaves it alone.
- What makes the store smaller never fails for want of room twice: the reserve is given up for it (`disk_space.py`).
- Anything else is a fault of this program: `StoreFault`. It is never tried again.
- Every transaction of the owner first finds its own generation in the lease, or does not happen.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from forwarder.errors import StoreUnavailable
from forwarder.store.sqlite.disk_space import AMPLE, PAGE_BYTES, DiskSpace
from forwarder.store.values import LeaseLost, StoreFault

SETTINGS = ("synchronous=FULL", "foreign_keys=ON", "secure_delete=FAST")
"""Of every connection."""
_LATER = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}
"""Primary result codes (SQLite, "Result and Error Codes")."""
_DAMAGED = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_IOERR_CORRUPTFS,
    sqlite3.SQLITE_READONLY_DBMOVED,
}
"""Primary and extended ones: the file is cut short, overwritten or taken away."""
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
"""Primary result codes of a write for which the disk, a quota or a limit leaves no room."""
_NOT_UTF8 = "Could not decode to UTF-8"


class Damaged(Exception):
    """The file is not what SQLite wrote."""

    def __init__(self, detail: str) -> None:
        super().__init__(" ".join(detail.split()))


class StoreReplaced(StoreUnavailable):
    """The store was damaged and set aside; what was to be written belongs to the one before."""


@contextmanager
def sorted_faults() -> Iterator[None]:
    """Raises `StoreUnavailable`, `Damaged` or `StoreFault` for what SQLite raises."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code in _DAMAGED or (code or 0) & 0xFF in _DAMAGED or str(error).startswith(_NOT_UTF8):
            raise Damaged(str(error)) from error
        if (code or 0) & 0xFF in _LATER:
            raise StoreUnavailable(f"store cannot be written: {error}") from error
        raise StoreFault(f"{type(error).__name__}: {error}") from error


def is_out_of_room(error: StoreUnavailable) -> bool:
    """Whether SQLite could not write, perhaps because the disk is full."""
    return (getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF) in _NO_ROOM


class Database:
    """One connection behind one lock, safe from many threads."""

    def __init__(self, path: Path) -> None:
        self.lock = threading.RLock()
        self.path = path
        self.space = DiskSpace(path)
        self.generation: int | None = None
        """Of the lease that every transaction needs; `None`: this is not the owner."""
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self._refused_bytes = 0
        """Of the largest page for which the disk had no room."""

    def connect(self) -> sqlite3.Connection:
        """A new connection."""
        raise NotImplementedError

    def damaged(self, damage: Damaged) -> None:
        """Raises, or puts another file in place, for which `connect` is called."""
        raise NotImplementedError

    def close(self) -> None:
        """Give the file back."""
        with self.lock:
            self._closed = True
            self.disconnect()

    def disconnect(self) -> None:
        """Close the connection, whatever state the file is in."""
        connection, self._connection = self._connection, None
        if connection:
            with suppress(sqlite3.Error):
                connection.close()

    def all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.lock:
            try:
                return self._rows(sql, values)
            except Damaged as damage:
                self.damaged(damage)
                return self._rows(sql, values)

    def one(self, sql: str, *values: object) -> Any:
        """The first value of a query's first row; `None` without one."""
        rows = self.all(sql, *values)
        return rows[0][0] if rows else None

    def shortage(self) -> str | None:
        """Why the disk has no room for the largest page that was refused, or for any; `None` when it has."""
        return self._shortage(self._refused_bytes)

    def require_room(self, needed: int) -> None:
        """Raises `StoreUnavailable` when the disk has no room for a page of so many bytes."""
        if needed and not self._is_ample(needed) and (shortage := self._shortage(needed)):
            self._refused_bytes = max(needed, self._refused_bytes)
            raise StoreUnavailable(f"store: {shortage}")
        if needed >= self._refused_bytes:
            self._refused_bytes = 0

    def _is_ample(self, needed: int) -> bool:
        """Whether there is so much room that nothing need be looked at closely."""
        try:
            state = os.statvfs(self.path.parent)
        except OSError:
            return False
        return self.space.held and state.f_bavail * state.f_frsize > AMPLE + 2 * needed

    def _shortage(self, needed: int) -> str | None:
        return self.space.shortage(needed, self.unused_pages() * PAGE_BYTES)

    def unused_pages(self) -> int:
        """Pages of the file that hold nothing."""
        return int(self.one("PRAGMA freelist_count"))

    @contextmanager
    def transaction(self, *, collects: bool = False) -> Iterator[sqlite3.Connection]:
        """All or nothing. `collects`: it makes the store larger, so the reserve is not given up for it."""
        with self.lock:
            try:
                with sorted_faults():
                    connection = self.ready()
                    connection.execute("BEGIN IMMEDIATE")
                    try:
                        self._check_generation(connection)
                        yield connection
                        connection.execute("COMMIT")
                    except BaseException:
                        with suppress(sqlite3.Error):
                            connection.execute("ROLLBACK")
                        raise
            except StoreUnavailable as error:
                if not is_out_of_room(error):
                    raise
                if not collects:
                    self.make_room()
                why = self.space.shortage(0, 0) or error.__cause__
                raise StoreUnavailable(f"store cannot be written: {why}") from error
            except Damaged as damage:
                self.damaged(damage)
                raise StoreReplaced(f"store.url: {self.path} was damaged ({damage}) and set aside") from damage

    def make_room(self) -> None:
        """Give up the reserve, so that the next try has room."""
        self.space.release()
        self.empty_log()

    def empty_log(self) -> None:
        """Copy SQLite's log into the file and cut it off, as far as others who read and the disk let it."""
        if self._connection:
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def check_owned(self) -> None:
        """Raises `LeaseLost` when this process is not the owner any more."""
        with self.lock:
            if not self.all("SELECT 1 FROM lease WHERE generation = ?", self.generation):
                raise self._lost()

    def ready(self) -> sqlite3.Connection:
        """The connection. Raises `LeaseLost` when the store was closed."""
        if self._closed:
            raise LeaseLost(f"store.url: {self.path} is closed")
        if self._connection is None:
            self._connection = self.connect()
        return self._connection

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with sorted_faults():
            return self.ready().execute(sql, values).fetchall()

    def _check_generation(self, connection: sqlite3.Connection) -> None:
        if self.generation is None:
            return
        if not connection.execute("SELECT 1 FROM lease WHERE generation = ?", (self.generation,)).fetchone():
            raise self._lost()

    def _lost(self) -> LeaseLost:
        return LeaseLost(f"store.url: {self.path} was taken over by another process; this one stops")
