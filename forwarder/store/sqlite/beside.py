"""A store's file in a second process, beside its owner: the inbox of backfills, and the dead letters.

Invariants:
- The file is never made, checked as a whole, upgraded or set aside: that is its owner's.
- What was committed is in the file that is there now. When the owner has put another in its place, that is an error.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from forwarder.errors import Misconfigured, StoreUnavailable
from forwarder.records import DeadLetter
from forwarder.store.chunk import Chunk
from forwarder.store.sqlite import dead_letters, deliveries
from forwarder.store.sqlite.commit import KNOWN_IDS, WAITING_BYTES, ids_of, size_of, write_page
from forwarder.store.sqlite.database import SETTINGS, Damaged, Database, sorted_faults
from forwarder.store.sqlite.migrate import refuse_newer, refuse_older
from forwarder.store.values import BackfillProgress, DeadLetterFilter, KeptDeadLetter, PageCommit


class SharedDatabase(Database):
    """A store's file as its owner made it. Raises `Misconfigured` where it is damaged or of another version."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        if not path.exists():
            raise Misconfigured(f"store.url: there is no store {path}; `claude-siem run` makes it")
        try:
            self._file = path.stat()
            self.ready()
        except Damaged as damage:
            self.damaged(damage)
        except StoreUnavailable as error:
            raise Misconfigured(f"store.url: {path} cannot be opened ({error.__cause__})") from None

    def connect(self) -> sqlite3.Connection:
        """See `Database.connect`."""
        with sorted_faults():
            refuse_newer(self.path)
            address = f"{self.path.absolute().as_uri()}?mode=rw"
            connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
            try:
                for setting in (*SETTINGS, *self.space.settings()):
                    connection.execute(f"PRAGMA {setting}")
                if not connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
                    raise Damaged("it is empty")
                refuse_older(connection, self.path)
            except BaseException:
                connection.close()
                raise
        return connection

    def damaged(self, damage: Damaged) -> None:
        """See `Database.damaged`."""
        raise Misconfigured(
            f"store.url: {self.path} is damaged ({damage}); the service sets it aside and reads again"
        ) from None

    @contextmanager
    def transaction(self, *, collects: bool = False) -> Iterator[sqlite3.Connection]:
        """See `Database.transaction`. Raises `Misconfigured` when the owner has set the file aside."""
        with super().transaction(collects=collects) as db:
            yield db
        try:
            same = os.path.samestat(self.path.stat(), self._file)
        except OSError:
            same = False
        if not same:
            raise Misconfigured(f"store.url: {self.path} was replaced meanwhile by its owner; run the command again")


class _Beside:
    """What both do with the file."""

    def __init__(self, path: Path) -> None:
        self._db = SharedDatabase(path)
        self.instance = str(self._db.one("SELECT value FROM meta WHERE key = 'instance'"))

    def close(self) -> None:
        """Give the store back."""
        self._db.close()

    def waiting(self, chunk_ids: Iterable[int]) -> set[int]:
        """Those of the chunks that some sink has not confirmed."""
        return deliveries.waiting(self._db, chunk_ids)


class SqliteInbox(_Beside):
    """See `Inbox`."""

    def __init__(self, path: Path, sinks: Sequence[str], max_bytes: int) -> None:
        self._sinks = tuple(sinks)
        self._room = max_bytes // 2
        super().__init__(path)

    def known(self, source: str, oldest_us: int, newest_us: int) -> set[int]:
        """See `Inbox.known`."""
        return ids_of(self._db.all(KNOWN_IDS, source, oldest_us, newest_us))

    def full(self) -> str | None:
        """See `Inbox.full`."""
        return self._over_half() or self._db.shortage()

    def _over_half(self) -> str | None:
        if int(self._db.one(WAITING_BYTES)) < self._room:
            return None
        return f"full: {self._room} bytes wait, half of store.max_bytes"

    def commit(self, page: PageCommit, at_us: int) -> Mapping[int, int]:
        """See `Inbox.commit`."""
        if page.chunks and (over := self._over_half()):
            raise StoreUnavailable(f"store: {over}")
        sealed = [chunk.sealed() for chunk in page.chunks]
        self._db.require_room(size_of(page, sealed))
        with self._db.transaction(collects=True) as db:
            added = write_page(db, page, self._sinks, sealed, at_us)
        return {chunk_id: chunk.events for chunk_id, chunk in added.items()}

    def progress(self, name: str) -> BackfillProgress | None:
        """See `Inbox.progress`."""
        rows = self._db.all("SELECT name, done_us, end_us FROM backfill WHERE name = ?", name)
        return BackfillProgress(*rows[0]) if rows else None

    def refused(self, source: str) -> int:
        """See `Inbox.refused`."""
        return sum(count for (of, _, _), count in dead_letters.count(self._db).items() if of == source)


class SqliteDeadLetters(_Beside):
    """See `DeadLetters`."""

    def verify(self) -> None:
        """See `DeadLetters.verify`."""
        if (fault := self._db.one("PRAGMA quick_check(1)")) != "ok":
            self._db.damaged(Damaged(fault))

    # Looking

    def chosen(self, choice: DeadLetterFilter) -> list[int]:
        """See `DeadLetters.chosen`."""
        found = dead_letters.chosen(self._db, choice)
        if missing := sorted(set(choice.ids) - set(found)):
            there = ", ".join(map(str, missing))
            raise Misconfigured(f"there is no dead letter {there}; nothing was done (`dead-letters list` shows all)")
        return found

    def read(self, numbers: Iterable[int]) -> Iterator[KeptDeadLetter]:
        """See `DeadLetters.read`."""
        for number in numbers:
            if kept := dead_letters.find(self._db, number):
                yield kept

    def refusal(self, refused_by: str, event: Chunk) -> str | None:
        """See `DeadLetters.refusal`."""
        return dead_letters.refusal(self._db, refused_by, event.bodies)

    # Changing

    def requeue(self, number: int, event: Chunk, sinks: Sequence[str], *, unless_known: bool = False) -> int | None:
        """See `DeadLetters.requeue`."""
        page = PageCommit(event.source, (event,), requeued=number, unless_known=unless_known)
        sealed = [event.sealed()]
        self._db.require_room(size_of(page, sealed))
        with self._db.transaction(collects=True) as db:
            added = write_page(db, page, sinks, sealed, 0)
        return next(iter(added), None)

    def restate(self, number: int, dead_letter: DeadLetter) -> None:
        """See `DeadLetters.restate`."""
        with self._db.transaction() as db:
            dead_letters.restate(db, number, dead_letter)

    def drop(self, number: int) -> bool:
        """See `DeadLetters.drop`."""
        with self._db.transaction() as db:
            return dead_letters.drop(db, number)
