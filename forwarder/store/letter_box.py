"""The dead letters of a store, also while its owner runs in another process.

Invariants:
- Nothing but letters leaves and nothing but chunks arrives; a letter leaves and its chunk arrives in one transaction.
- The file is never made, checked, or set aside: that is its owner's.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from forwarder.errors import Misconfigured
from forwarder.records import Letter
from forwarder.store import ids, letters
from forwarder.store.chunk import Chunk
from forwarder.store.database import Database
from forwarder.store.letters import Choice, Kept
from forwarder.store.sqlite import add_chunk


class LetterBox:
    """Short transactions beside the owner. Raises `StoreUnavailable` when the owner leaves no room for one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = _Shared(path)
        self.instance = str(self._db.one("SELECT value FROM meta WHERE key = 'instance'"))

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def prove(self) -> None:
        """Raises `Misconfigured` when the file is damaged."""
        if self._db.one("PRAGMA quick_check(1)") != "ok":
            raise _damaged(self._path)

    # Looking

    def chosen(self, choice: Choice) -> list[int]:
        """The ids of the letters that are meant, oldest first. Raises `Misconfigured` when an id is none."""
        found = letters.chosen(self._db, choice)
        if missing := sorted(set(choice.ids) - set(found)):
            there = ", ".join(map(str, missing))
            raise Misconfigured(f"there is no dead letter {there}; nothing was done (`dead-letters list` shows all)")
        return found

    def read(self, numbers: Iterable[int]) -> Iterator[Kept]:
        """These letters, without those that are gone meanwhile."""
        for number in numbers:
            if kept := letters.find(self._db, number):
                yield kept

    def refusal(self, refused_by: str, event: Chunk) -> str | None:
        """Why the event in a chunk of its own is a letter of `refused_by`; `None` when it is not."""
        return letters.refusal(self._db, refused_by, event.bodies)

    def waiting(self, chunk_ids: Iterable[int]) -> set[int]:
        """Those of the chunks that some sink has not confirmed."""
        here = "SELECT 1 FROM chunk WHERE id = ?"
        return {chunk_id for chunk_id in chunk_ids if self._db.one(here, chunk_id)}

    # Changing

    def send_again(self, number: int, event: Chunk, sink: str) -> int | None:
        """A letter becomes a chunk that waits for `sink` alone: its id. `None`: the letter is gone meanwhile."""
        with self._db.transaction() as db:
            return add_chunk(db, [sink], event, event.sealed()) if letters.take(db, number) else None

    def admit(self, number: int, event: Chunk, sinks: Sequence[str]) -> int | None:
        """A letter becomes a chunk for all of `sinks`: its id. `None`: the letter is gone meanwhile, or goes
        without a chunk because its record is known: read again since, it was delivered.
        """
        with self._db.transaction() as db:
            if not letters.take(db, number) or self._knows(db, event):
                return None
            return add_chunk(db, sinks, event, event.sealed())

    def restate(self, number: int, letter: Letter) -> None:
        """A letter is still refused, as `letter` says."""
        with self._db.transaction() as db:
            letters.restate(db, number, letter)

    def drop(self, number: int) -> bool:
        """Remove a letter for good; whether it was still there."""
        with self._db.transaction() as db:
            return letters.bury(db, number)

    def _knows(self, db: sqlite3.Connection, event: Chunk) -> bool:
        rows = db.execute(
            "SELECT digests FROM seen WHERE source = ? AND newest_us >= ? AND oldest_us <= ?",
            (event.source, event.oldest_us, event.newest_us),
        )
        (digest,) = ids.unpacked(event.digests)
        return any(digest in ids.unpacked(blob) for (blob,) in rows)


class _Shared(Database):
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
            raise _damaged(self._path) from None

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


def _damaged(path: Path) -> Misconfigured:
    return Misconfigured(f"store.url: {path} is damaged; the service sets it aside at its next start and reads again")
