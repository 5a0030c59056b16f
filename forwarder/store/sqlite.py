"""The store: chunks and who still waits for them, marks, the id set, dead letters, in one SQLite file.

Invariants:
- A page's chunks, its ids, its letters and (with the last page) the mark: one fsynced transaction.
- A chunk goes when every sink has settled all of its events. Nothing else removes it but damage, which reads
  its stretch of time again.
- A store that is full or cannot be written raises `StoreUnavailable`: the caller pauses, nothing is lost.
"""

import sqlite3
import uuid
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import orjson
import structlog

from forwarder.errors import Misconfigured, StoreUnavailable
from forwarder.records import DeadLetter
from forwarder.store import dead_letters, deliveries, seen, state_entries
from forwarder.store.chunk import Chunk
from forwarder.store.database import Database
from forwarder.store.values import AckTicket, Checkpoint, Delivery, PageCommit, PendingAck, Reread

HANDED_ON_BYTES = 8 * 1024 * 1024
"""Chunks just committed stay in memory up to this size, so that calm weather never reads them back."""
_log = structlog.get_logger()


class SqliteStore:
    """One process's store. Safe from many threads: one connection, one lock, short transactions."""

    def __init__(self, path: Path, sinks: Sequence[str], max_bytes: int) -> None:
        self._sinks = tuple(sinks)
        self._max_bytes = max_bytes
        self._handed_on: OrderedDict[int, Chunk] = OrderedDict()
        self._handed_on_bytes = 0
        self._db = Database(path)
        self._db.rolled_back = self._count_bytes
        self.instance = self._instance()
        self.bytes_waiting = 0
        self._data_version = self._db.one("PRAGMA data_version")
        self._count_bytes()
        self._refuse_orphans()

    def _instance(self) -> str:
        with self._db.transaction() as db:
            db.execute("INSERT OR IGNORE INTO meta VALUES ('instance', ?)", (str(uuid.uuid4()),))
        return str(self._db.one("SELECT value FROM meta WHERE key = 'instance'"))

    def _count_bytes(self) -> None:
        ((self.bytes_waiting,),) = self._db.all("SELECT coalesce(sum(bytes), 0) FROM chunk")

    def _refuse_orphans(self) -> None:
        rows = self._db.all("SELECT sink, count(*) FROM delivery GROUP BY sink")
        for sink, count in rows:
            if sink not in self._sinks:
                raise Misconfigured(
                    f"sinks.{sink}: is removed or disabled while {count} chunks wait for it in the store; "
                    f"enable it until they are delivered"
                )

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    @property
    def recovered(self) -> Path | None:
        """Where an unreadable file was set aside at opening, if there was one."""
        return self._db.recovered

    # Reading

    def checkpoint(self, source: str) -> Checkpoint | None:
        """How far `source` has been read; `None` before its first window."""
        value = self._db.one("SELECT value FROM mark WHERE source = ?", source)
        return Checkpoint(*orjson.loads(value)) if value else None

    def known(self, source: str, oldest_us: int, newest_us: int) -> set[int]:
        """Digests of the ids known in this stretch of the source's time (and perhaps some beside it)."""
        return seen.known(self._db, source, oldest_us, newest_us)

    def rereads(self, source: str) -> list[Reread]:
        """Stretches to be read again because a chunk of theirs was damaged."""
        return [
            Reread(*r) for r in self._db.all("SELECT id, oldest_us, newest_us FROM reread WHERE source = ?", source)
        ]

    def state_entries(self, source: str, first: str = "", behind: str = state_entries.LAST) -> dict[str, bytes]:
        """What `source` has noted under names from `first` and before `behind`."""
        return state_entries.read(self._db, source, first, behind)

    def is_full(self) -> bool:
        """Whether collecting must pause."""
        return self.bytes_waiting >= self._max_bytes

    def commit(self, page: PageCommit, at_us: int) -> None:
        """Take a page: one transaction. Raises `StoreUnavailable` when the store is full or cannot be written."""
        sealed = [chunk.sealed() for chunk in page.chunks]
        if sealed and self.is_full():
            raise StoreUnavailable(
                f"store is full: {self.bytes_waiting} of {self._max_bytes} bytes wait (store.max_bytes)"
            )
        with self._db.lock:
            with self._db.transaction() as db:
                added = [add_chunk(db, self._sinks, *pair) for pair in zip(page.chunks, sealed, strict=True)]
                for letter in page.dead_letters:
                    dead_letters.add(db, letter, at_us)
                if page.checkpoint:
                    checkpoint = orjson.dumps(tuple(page.checkpoint)).decode()
                    db.execute("REPLACE INTO mark VALUES (?, ?)", (page.source, checkpoint))
                for source, noted in page.state_entries.items():
                    state_entries.write(db, source, noted)
                if page.reread_done:
                    db.execute("DELETE FROM reread WHERE id = ?", (page.reread_done,))
            self.bytes_waiting += sum(map(len, sealed))
            for chunk_id, chunk in zip(added, page.chunks, strict=True):
                self._hand_on(chunk_id, chunk)

    def _hand_on(self, chunk_id: int, chunk: Chunk) -> None:
        self._handed_on[chunk_id] = chunk
        self._handed_on_bytes += chunk.size
        while self._handed_on_bytes > HANDED_ON_BYTES:
            _, oldest = self._handed_on.popitem(last=False)
            self._handed_on_bytes -= oldest.size

    def forget_ids(self, source: str, before_us: int) -> None:
        """Prune ids of records created before `before_us`: no window looks there any more."""
        with self._db.transaction() as db:
            seen.forget(db, source, before_us)

    # Sending

    def next_delivery(self, sink: str, busy: Iterable[int], streams: Iterable[str]) -> Delivery | None:
        """The oldest chunk that `sink` has not settled, outside `busy`, of one of `streams`.

        A chunk that fails its checksum is taken out and its stretch of time marked for reading again.
        """
        while True:
            with self._db.lock:
                claim = deliveries.claim(self._db, sink, tuple(busy), tuple(streams))
                if claim is None:
                    return None
                chunk = self._handed_on.get(claim.chunk_id) or self._load(claim.chunk_id)
            if chunk is not None:
                chunk_id, position, stop, refused, again = claim
                return Delivery(sink, chunk_id, position, refused, chunk, self.instance, stop, again)

    def _load(self, chunk_id: int) -> Chunk | None:
        self._notice_others()
        ((crc, sealed, *values),) = self._db.all(
            "SELECT crc, sealed, source, stream, oldest_us, newest_us, events, digests FROM chunk WHERE id = ?",
            chunk_id,
        )
        chunk = Chunk._make([*values, b"", b""])
        if zlib.crc32(sealed) == crc:
            return chunk.unsealed(sealed)
        self._read_again(chunk_id, chunk)
        return None

    def _notice_others(self) -> None:
        """Chunks that another process put here (`LetterBox`, `SideDoor`) are counted before one of them goes."""
        version = self._db.one("PRAGMA data_version")
        if version != self._data_version:
            self._data_version = version
            self._count_bytes()

    def _read_again(self, chunk_id: int, chunk: Chunk) -> None:
        with self._db.transaction() as db:
            db.execute(
                "INSERT INTO reread (source, oldest_us, newest_us) VALUES (?, ?, ?)",
                (chunk.source, chunk.oldest_us, chunk.newest_us),
            )
            seen.unlearn(db, chunk)
            deliveries.forget(db, chunk_id)
            self._drop_chunk(db, chunk_id)

    def settle(
        self,
        delivery: Delivery,
        position: int,
        refusals: Sequence[DeadLetter],
        at_us: int,
        ack_ticket: AckTicket | None = None,
    ) -> Delivery:
        """Note that events before `position` are delivered or among `refusals`; the chunk goes with its last.

        With `handover` they are taken, but count as delivered only when that acknowledgement comes.
        """
        refused = delivery.refused + len(refusals)
        with self._db.transaction() as db:
            for letter in refusals:
                dead_letters.add(db, letter, at_us, delivery.chunk)
            if ack_ticket:
                deliveries.hand_over(db, delivery, position, ack_ticket)
            deliveries.settle(db, delivery, position, refused)
            if position >= delivery.end:
                self._end_if_over(db, delivery.sink, delivery.chunk_id)
        return delivery._replace(position=position, refused=refused)

    def pending_acks(self, sink: str) -> list[PendingAck]:
        """What waits for an acknowledgement of `sink`, oldest first."""
        return deliveries.pending_acks(self._db, sink)

    def acknowledge(self, sink: str, row_ids: Sequence[int]) -> None:
        """What was handed over under these is delivered."""
        with self._db.transaction() as db:
            for chunk_id in deliveries.acknowledge(db, sink, row_ids):
                self._end_if_over(db, sink, chunk_id)

    def send_again(self, row_ids: Sequence[int]) -> None:
        """The acknowledgements of these never came: what was handed over is to be sent once more."""
        with self._db.transaction() as db:
            deliveries.send_again(db, row_ids)

    def _end_if_over(self, db: sqlite3.Connection, sink: str, chunk_id: int) -> None:
        if deliveries.is_over(db, sink, chunk_id):
            self._drop_chunk(db, chunk_id)

    def _drop_chunk(self, db: sqlite3.Connection, chunk_id: int) -> None:
        row = db.execute("DELETE FROM chunk WHERE id = ? RETURNING bytes", (chunk_id,)).fetchone()
        self.bytes_waiting -= row[0] if row else 0
        chunk = self._handed_on.pop(chunk_id, None)
        self._handed_on_bytes -= chunk.size if chunk else 0

    # Looking

    def count_dead_letters(self) -> dict[tuple[str, str, str], int]:
        """Letters kept, by source, who refused and reason."""
        return dead_letters.count(self._db)

    def dead_letters(self) -> Iterator[DeadLetter]:
        """Every dead letter, oldest first."""
        return dead_letters.kept(self._db)

    def drop_letters(self, before_us: int) -> int:
        """Let go of letters older than `before_us` (`store.dead_letters_keep`); how many there were."""
        with self._db.transaction() as db:
            dropped = dead_letters.drop(db, before_us)
        if dropped:
            _log.info("dead letters dropped, older than store.dead_letters_keep", dead_letters=dropped)
        return dropped

    def backlog(self) -> dict[str, int]:
        """Events that wait, a sink."""
        return dict.fromkeys(self._sinks, 0) | deliveries.backlog(self._db)


def add_chunk(db: sqlite3.Connection, sinks: Iterable[str], chunk: Chunk, sealed: bytes) -> int:
    """A chunk, its ids and who waits for it, within the caller's transaction; the chunk's id."""
    cursor = db.execute(
        "INSERT INTO chunk (source, stream, oldest_us, newest_us, events, bytes, crc, digests, sealed)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*chunk[:5], len(sealed), zlib.crc32(sealed), chunk.digests, sealed),
    )
    chunk_id = cursor.lastrowid or 0
    deliveries.add(db, sinks, chunk_id, chunk.stream, chunk.events)
    seen.learn(db, chunk)
    return chunk_id
