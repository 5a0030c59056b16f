"""One SQLite file: opened, set aside when it is no database, written in transactions.

Invariants:
- `synchronous=FULL`: what a transaction committed survives a power cut.
- A file that cannot be read is set aside at opening, never deleted; `recovered` says where it went.
- A disk that is full or a file that cannot be written raises `StoreUnavailable`: the caller pauses.
"""

import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from forwarder.errors import Misconfigured, StoreUnavailable


class Database:
    """One connection behind one lock, safe from many threads. Raises `Misconfigured` when it cannot be opened.

    `rolled_back` is called after a transaction that failed.
    """

    def __init__(self, path: Path) -> None:
        self.lock = threading.RLock()
        self.recovered: Path | None = None
        self.rolled_back: Callable[[], None] = lambda: None
        self._path = path
        self._connection = self._open()

    def close(self) -> None:
        """Give the file back."""
        with self.lock:
            self._connection.close()

    def all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.lock, _unwritable_is_unavailable():
            return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: object) -> Any:
        """The first value of a query's first row; `None` without one."""
        rows = self.all(sql, *values)
        return rows[0][0] if rows else None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        with self.lock, _unwritable_is_unavailable():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                self.rolled_back()
                raise

    def _open(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return self._connect()
        except sqlite3.OperationalError as error:
            raise Misconfigured(f"store.url: {self._path} cannot be opened ({error})") from None
        except sqlite3.DatabaseError:
            self.recovered = self._set_aside()
            return self._connect()
        except OSError as error:
            raise Misconfigured(f"store.url: {self._path.parent} cannot be made ({error.strerror})") from None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=FAST"):
                connection.execute(f"PRAGMA {setting}")
            connection.executescript(files("forwarder.store").joinpath("schema.sql").read_text())
            faults = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if faults != "ok":
                raise sqlite3.DatabaseError(faults)
        except BaseException:
            connection.close()
            raise
        self._path.chmod(0o600)
        return connection

    def _set_aside(self) -> Path:
        aside = self._path.with_name(f"{self._path.name}.damaged-{uuid.uuid4().hex[:8]}")
        for suffix in ("", "-wal", "-shm"):
            part = self._path.with_name(self._path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
        return aside


@contextmanager
def _unwritable_is_unavailable() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(f"store cannot be written: {error}") from error
