"""Pages put into a store beside its owner, who may run in another process and delivers them.

Invariants:
- A page's chunks, ids and letters: one fsynced transaction.
- The owner's marks never move, and half of the room (`store.max_bytes`) is left to the owner.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from forwarder.errors import StoreUnavailable
from forwarder.store import dead_letters, deliveries, seen
from forwarder.store.shared import SharedDatabase
from forwarder.store.sqlite import add_chunk
from forwarder.store.values import PageCommit


class Progress(NamedTuple):
    """How far a past stretch has been read, in microseconds of the source's time."""

    done_us: int
    end_us: int


class SideDoor:
    """Safe from many threads. Raises `Misconfigured` when there is no store, or it is damaged."""

    def __init__(self, path: Path, sinks: Sequence[str], max_bytes: int) -> None:
        self._sinks = tuple(sinks)
        self._room = max_bytes // 2
        self._db = SharedDatabase(path)
        self.instance = str(self._db.one("SELECT value FROM meta WHERE key = 'instance'"))

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def known(self, source: str, oldest_us: int, newest_us: int) -> set[int]:
        """See `SqliteStore.known`."""
        return seen.known(self._db, source, oldest_us, newest_us)

    def progress(self, name: str) -> Progress | None:
        """How far `name` came before; `None` when it has not begun, or is finished."""
        rows = self._db.all("SELECT done_us, end_us FROM backfill WHERE name = ?", name)
        return Progress(*rows[0]) if rows else None

    def is_full(self) -> bool:
        """Whether what waits leaves no room for more."""
        return int(self._db.one("SELECT coalesce(sum(bytes), 0) FROM chunk")) >= self._room

    def commit(self, page: PageCommit, at_us: int) -> dict[int, int]:
        """Take a page: the chunks' ids, and events in each. Raises `StoreUnavailable` as the store does."""
        if page.chunks and self.is_full():
            raise StoreUnavailable(f"store is full: {self._room} bytes wait, half of store.max_bytes")
        sealed = [chunk.sealed() for chunk in page.chunks]
        with self._db.transaction() as db:
            added = [add_chunk(db, self._sinks, *pair) for pair in zip(page.chunks, sealed, strict=True)]
            for letter in page.dead_letters:
                dead_letters.add(db, letter, at_us)
        return dict(zip(added, (chunk.events for chunk in page.chunks), strict=True))

    def reach(self, name: str, progress: Progress) -> None:
        """`name` has come so far."""
        with self._db.transaction() as db:
            db.execute("REPLACE INTO backfill VALUES (?, ?, ?)", (name, *progress))

    def finish(self, name: str) -> None:
        """`name` was read to its end: begun once more, it begins anew."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM backfill WHERE name = ?", (name,))

    def waiting(self, chunk_ids: Iterable[int]) -> set[int]:
        """Those of the chunks that some sink has not confirmed."""
        return deliveries.waiting(self._db, chunk_ids)

    def refused(self, source: str) -> int:
        """Dead letters of `source`."""
        return sum(count for (of, _, _), count in dead_letters.count(self._db).items() if of == source)
