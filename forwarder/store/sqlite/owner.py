"""The store of the one process that collects and delivers, in one SQLite file.

Invariants:
- A page's chunks, its ids, its dead letters and (with the last page) the checkpoint: one fsynced transaction.
- A chunk goes when every sink has settled all of its events. Nothing else removes it but damage, which reads its time
  range again.
- Claims live in memory, under the lease: no write a claim, and none is left behind by a process that ends.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import structlog

from forwarder.errors import Reject, StoreUnavailable
from forwarder.records import DeadLetter
from forwarder.store.chunk import Chunk
from forwarder.store.sqlite import dead_letters, deliveries
from forwarder.store.sqlite.commit import KNOWN_IDS, WAITING_BYTES, ids_of, size_of, write_page
from forwarder.store.sqlite.database import StoreReplaced
from forwarder.store.sqlite.disk_space import PAUSED
from forwarder.store.sqlite.owned import OwnedDatabase
from forwarder.store.sqlite.pending_acks import PendingAcks
from forwarder.store.sqlite.reading_back import ChunkReader
from forwarder.store.values import AckTicket, Checkpoint, Delivery, Lease, PageCommit, PendingAck, Reread

HANDED_ON_BYTES = 8 * 1024 * 1024
"""Chunks just committed stay in memory up to this size, so that delivery keeping pace never reads them back."""
_LAST = "\U0010ffff"
"""Behind every name."""
_log = structlog.get_logger()


class SqliteStore:
    """See `Store`. One connection, one lock, short transactions."""

    def __init__(self, path: Path, sinks: Sequence[str], max_bytes: int) -> None:
        self._sinks = tuple(sinks)
        self._max_bytes = max_bytes
        self._db = OwnedDatabase(path, self._begin)
        self._pending = PendingAcks(self._db, self._read, self._gone)
        try:
            self._begin()
            deliveries.refuse_removed_sinks(self._db, self._sinks)
        except BaseException:
            self._db.close()
            raise

    def _begin(self) -> None:
        """Know what is in the file, and nothing else: it is new, or another than before."""
        self._handed_on: OrderedDict[int, Chunk] = OrderedDict()
        self._handed_on_bytes = 0
        self._claimed: dict[str, set[int]] = {sink: set() for sink in self._sinks}
        self._reader = ChunkReader(self._db, self._gone)
        self.instance = str(self._db.one("SELECT value FROM meta WHERE key = 'instance'"))
        self._data_version = self._db.one("PRAGMA data_version")
        self.bytes_waiting = int(self._db.one(WAITING_BYTES))

    def close(self) -> None:
        """See `Store.close`."""
        self._db.close()

    @property
    def lease(self) -> Lease:
        """See `Store.lease`."""
        return self._db.lease

    @property
    def recovered(self) -> str | None:
        """See `Store.recovered`."""
        return str(self._db.recovered) if self._db.recovered else None

    def assert_owned(self) -> None:
        """See `Store.assert_owned`."""
        self._db.check_owned()

    def findings(self) -> Mapping[str, str]:
        """See `Store.findings`."""
        found = {"store": full} if (full := self.full()) else {}
        if self.recovered:
            found["store.recovered"] = (
                f"the store was damaged and set aside as {self.recovered}; the reconcile depth is read again"
            )
        if unreadable := dict(self._reader.unreadable):
            found["store.unreadable"] = (
                f"{len(unreadable)} chunks are kept and cannot be read ({next(iter(unreadable.values()))}); "
                f"run the version that wrote them"
            )
        return found

    # Collecting

    def checkpoint(self, source: str) -> Checkpoint | None:
        """See `Store.checkpoint`."""
        rows = self._db.all(
            "SELECT begin_us, watermark_us, overlapped_us, reconciled_us FROM checkpoint WHERE source = ?", source
        )
        return Checkpoint(*rows[0]) if rows else None

    def known(self, source: str, oldest_us: int, newest_us: int) -> set[int]:
        """See `Store.known`."""
        return ids_of(self._db.all(KNOWN_IDS, source, oldest_us, newest_us))

    def rereads(self, source: str) -> list[Reread]:
        """See `Store.rereads`."""
        rows = self._db.all("SELECT id, oldest_us, newest_us FROM reread WHERE source = ?", source)
        return [Reread(*row) for row in rows]

    def state_entries(self, source: str, first: str = "", behind: str = _LAST) -> dict[str, bytes]:
        """See `Store.state_entries`. Names sort as text."""
        sql = "SELECT name, value FROM source_state WHERE source = ? AND name >= ? AND name < ? ORDER BY name"
        return dict(self._db.all(sql, source, first, behind))

    def full(self) -> str | None:
        """See `Store.full`."""
        return self._over_limit() or self._db.shortage()

    def _over_limit(self) -> str | None:
        if self.bytes_waiting < self._max_bytes:
            return None
        waits = f"{self.bytes_waiting} of {self._max_bytes} bytes wait (store.max_bytes)"
        return f"full: {waits}; {PAUSED}; check the sinks or raise store.max_bytes"

    def commit(self, page: PageCommit, at_us: int) -> Mapping[int, int]:
        """See `Store.commit`."""
        sealed = [chunk.sealed() for chunk in page.chunks]
        if sealed and (over := self._over_limit()):
            raise StoreUnavailable(f"store: {over}")
        with self._db.lock:
            if page.store not in ("", self.instance):
                raise StoreReplaced("the store was damaged and set aside while this was read; it is read again")
            self._db.require_room(size_of(page, sealed))
            with self._db.transaction(collects=True) as db:
                added = write_page(db, page, self._sinks, sealed, at_us)
            for (chunk_id, chunk), (_, data) in zip(added.items(), sealed, strict=True):
                self.bytes_waiting += len(data)
                self._hand_on(chunk_id, chunk)
        return {chunk_id: chunk.events for chunk_id, chunk in added.items()}

    def _hand_on(self, chunk_id: int, chunk: Chunk) -> None:
        self._handed_on[chunk_id] = chunk
        self._handed_on_bytes += chunk.size
        while self._handed_on_bytes > HANDED_ON_BYTES:
            _, oldest = self._handed_on.popitem(last=False)
            self._handed_on_bytes -= oldest.size

    def forget_ids(self, source: str, before_us: int) -> None:
        """See `Store.forget_ids`."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM known_id WHERE source = ? AND newest_us < ?", (source, before_us))

    # Sending

    def claim(self, sink: str, streams: Iterable[str]) -> Delivery | None:
        """See `Store.claim`. A damaged chunk is taken out and its time range noted for reading again."""
        wanted = tuple(streams)
        self._db.renew_when_due()
        with self._db.lock:
            while found := deliveries.find_next(self._db, sink, self._not_to_claim(sink), wanted):
                chunk = self._read(found.chunk_id)
                if chunk is not None:
                    chunk_id, position, stop, refused, again = found
                    self._claimed[sink].add(chunk_id)
                    return Delivery(sink, chunk_id, position, refused, chunk, self.instance, stop, again)
        return None

    def release(self, delivery: Delivery) -> None:
        """See `Store.release`."""
        with self._db.lock:
            if delivery.store == self.instance:
                self._claimed[delivery.sink].discard(delivery.chunk_id)

    def _not_to_claim(self, sink: str) -> set[int]:
        return {*self._claimed[sink], *self._reader.unreadable}

    def _read(self, chunk_id: int) -> Chunk | None:
        if chunk := self._handed_on.get(chunk_id):
            return chunk
        self._notice_others()
        return self._reader.read(chunk_id)

    def _notice_others(self) -> None:
        """Chunks that another process put here are counted before one of them goes."""
        version = self._db.one("PRAGMA data_version")
        if version != self._data_version:
            self._data_version = version
            self.bytes_waiting = int(self._db.one(WAITING_BYTES))

    def settle(
        self,
        delivery: Delivery,
        position: int,
        refusals: Sequence[DeadLetter],
        at_us: int,
        ack_ticket: AckTicket | None = None,
    ) -> Delivery:
        """See `Store.settle`. Of a chunk in a file that was set aside since, only the refusals are kept."""
        refused = delivery.refused + len(refusals)
        with self._db.lock:
            there, freed = delivery.store == self.instance, None
            with self._db.transaction() as db:
                for letter in refusals:
                    dead_letters.add(db, letter, at_us, delivery.chunk)
                if there and ack_ticket:
                    deliveries.await_ack(db, delivery, position, ack_ticket)
                if there:
                    deliveries.settle(db, delivery, position, refused)
                if there and position >= delivery.end:
                    freed = deliveries.drop_if_over(db, delivery.sink, delivery.chunk_id)
            self._gone(delivery.chunk_id, freed)
        return delivery._replace(position=position, refused=refused)

    def pending_acks(self, sink: str) -> list[PendingAck]:
        """See `Store.pending_acks`."""
        return self._pending.of(sink)

    def acknowledge(self, sink: str, row_ids: Sequence[int]) -> None:
        """See `Store.acknowledge`."""
        self._pending.acknowledge(sink, row_ids)

    def send_again(self, row_ids: Sequence[int]) -> None:
        """See `Store.send_again`."""
        self._pending.send_again(row_ids)

    def give_up(self, sink: str, row_id: int, refusal: Reject, at_us: int) -> int:
        """See `Store.give_up`."""
        return self._pending.give_up(sink, row_id, refusal, at_us)

    def _gone(self, chunk_id: int, freed: int | None) -> None:
        """A chunk of so many bytes is not in the file any more; `None`: it stays."""
        if freed is None:
            return
        self.bytes_waiting -= freed
        chunk = self._handed_on.pop(chunk_id, None)
        self._handed_on_bytes -= chunk.size if chunk else 0
        if self._db.space.is_tight():
            self._db.give_back()

    # Reporting

    def count_dead_letters(self) -> dict[tuple[str, str, str], int]:
        """See `Store.count_dead_letters`."""
        return dead_letters.count(self._db)

    def dead_letters(self) -> Iterator[DeadLetter]:
        """See `Store.dead_letters`."""
        return dead_letters.all_kept(self._db)

    def drop_dead_letters(self, before_us: int) -> int:
        """See `Store.drop_dead_letters`."""
        with self._db.transaction() as db:
            dropped = dead_letters.drop_older(db, before_us)
        if dropped:
            _log.info("dead letters dropped, older than store.dead_letters_keep", dead_letters=dropped)
        return dropped

    def backlog(self) -> dict[str, int]:
        """See `Store.backlog`."""
        return dict.fromkeys(self._sinks, 0) | deliveries.backlog(self._db)
