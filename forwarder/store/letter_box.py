"""The dead letters of a store, also while its owner runs in another process.

Invariant: nothing but letters leaves and nothing but chunks arrives; a letter leaves and its chunk arrives in one
transaction.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from forwarder.errors import Misconfigured
from forwarder.records import DeadLetter
from forwarder.store import dead_letters, deliveries, ids, seen
from forwarder.store.chunk import Chunk
from forwarder.store.dead_letters import Choice, Kept
from forwarder.store.shared import SharedDatabase, damaged
from forwarder.store.sqlite import add_chunk


class LetterBox:
    """Short transactions beside the owner. Raises `StoreUnavailable` when the owner leaves no room for one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = SharedDatabase(path)
        self.instance = str(self._db.one("SELECT value FROM meta WHERE key = 'instance'"))

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def prove(self) -> None:
        """Raises `Misconfigured` when the file is damaged."""
        if self._db.one("PRAGMA quick_check(1)") != "ok":
            raise damaged(self._path)

    # Looking

    def chosen(self, choice: Choice) -> list[int]:
        """The ids of the letters that are meant, oldest first. Raises `Misconfigured` when an id is none."""
        found = dead_letters.chosen(self._db, choice)
        if missing := sorted(set(choice.ids) - set(found)):
            there = ", ".join(map(str, missing))
            raise Misconfigured(f"there is no dead letter {there}; nothing was done (`dead-letters list` shows all)")
        return found

    def read(self, numbers: Iterable[int]) -> Iterator[Kept]:
        """These letters, without those that are gone meanwhile."""
        for number in numbers:
            if kept := dead_letters.find(self._db, number):
                yield kept

    def refusal(self, refused_by: str, event: Chunk) -> str | None:
        """Why the event in a chunk of its own is a letter of `refused_by`; `None` when it is not."""
        return dead_letters.refusal(self._db, refused_by, event.bodies)

    def waiting(self, chunk_ids: Iterable[int]) -> set[int]:
        """Those of the chunks that some sink has not confirmed."""
        return deliveries.waiting(self._db, chunk_ids)

    # Changing

    def send_again(self, number: int, event: Chunk, sink: str) -> int | None:
        """A letter becomes a chunk that waits for `sink` alone: its id. `None`: the letter is gone meanwhile."""
        with self._db.transaction() as db:
            return add_chunk(db, [sink], event, event.sealed()) if dead_letters.take(db, number) else None

    def admit(self, number: int, event: Chunk, sinks: Sequence[str]) -> int | None:
        """A letter becomes a chunk for all of `sinks`: its id. `None`: the letter is gone meanwhile, or goes
        without a chunk because its record is known: read again since, it was delivered.
        """
        with self._db.transaction() as db:
            if not dead_letters.take(db, number) or self._knows(event):
                return None
            return add_chunk(db, sinks, event, event.sealed())

    def restate(self, number: int, letter: DeadLetter) -> None:
        """A letter is still refused, as `letter` says."""
        with self._db.transaction() as db:
            dead_letters.restate(db, number, letter)

    def drop(self, number: int) -> bool:
        """Remove a letter for good; whether it was still there."""
        with self._db.transaction() as db:
            return dead_letters.bury(db, number)

    def _knows(self, event: Chunk) -> bool:
        (digest,) = ids.unpacked(event.digests)
        return digest in seen.known(self._db, event.source, event.oldest_us, event.newest_us)
