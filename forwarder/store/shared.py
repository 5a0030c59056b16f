"""A store's file in a second process, beside its owner.

Invariant: the file is never made, checked, or set aside: that is its owner's.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from forwarder.errors import Misconfigured
from forwarder.store.database import Database


class SharedDatabase(Database):
    """A store's file as its owner made it. Raises `Misconfigured` where it is damaged."""

    def all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """See `Database.all`."""
        with self._readable():
            return super().all(sql, *values)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """See `Database.transaction`."""
        with self._readable(), super().transaction() as db:
            yield db

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            raise damaged(self._path) from None

    def _open(self) -> sqlite3.Connection:
        if not self._path.exists():
            raise Misconfigured(f"store.url: there is no store {self._path}; `claude-siem run` makes it")
        try:
            with self._readable():
                return self._join()
        except sqlite3.OperationalError as error:
            raise Misconfigured(f"store.url: {self._path} cannot be opened ({error})") from None

    def _join(self) -> sqlite3.Connection:
        address = f"{self._path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
        try:
            for setting in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=FAST"):
                connection.execute(f"PRAGMA {setting}")
            connection.execute("SELECT 1 FROM dead_letter")
        except BaseException:
            connection.close()
            raise
        return connection


def damaged(path: Path) -> Misconfigured:
    """The error about a damaged file."""
    return Misconfigured(f"store.url: {path} is damaged; the service sets it aside at its next start and reads again")
