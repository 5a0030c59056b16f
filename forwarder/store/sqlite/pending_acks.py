"""What a sink took and has not acknowledged yet: confirmed, sent again, or given up.

Invariants:
- Events are confirmed only by their acknowledgement. Given up, they are dead letters in the same transaction.
- What cannot be read cannot be given up: it stays pending.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from forwarder.errors import Reject
from forwarder.store.chunk import Chunk
from forwarder.store.sqlite import dead_letters, deliveries
from forwarder.store.sqlite.database import Database, StoreReplaced
from forwarder.store.values import PendingAck


class PendingAcks:
    """The pending acknowledgements of a file, for its owner.

    `load` gives the chunk of an id, if it can be read; `gone` is called with a chunk's id and, if it left, its bytes.
    """

    def __init__(
        self, database: Database, load: Callable[[int], Chunk | None], gone: Callable[[int, int | None], None]
    ) -> None:
        self._db = database
        self._load = load
        self._gone = gone

    def of(self, sink: str) -> list[PendingAck]:
        """See `Store.pending_acks`."""
        rows = self._db.all(
            "SELECT id, channel, ack, session, stop - start, again FROM pending_ack"
            " WHERE sink = ? AND NOT due ORDER BY id",
            sink,
        )
        return [PendingAck._make([*row[:-1], bool(row[-1])]) for row in rows]

    def acknowledge(self, sink: str, row_ids: Sequence[int]) -> None:
        """See `Store.acknowledge`."""
        with self._db.lock:
            with self._db.transaction() as db:
                chunks = _settle(db, sink, row_ids)
                freed = {chunk_id: deliveries.drop_if_over(db, sink, chunk_id) for chunk_id in dict.fromkeys(chunks)}
            for chunk_id, size in freed.items():
                self._gone(chunk_id, size)

    def send_again(self, row_ids: Sequence[int]) -> None:
        """See `Store.send_again`. What a damaged store held is read again anyway."""
        with suppress(StoreReplaced), self._db.transaction() as db:
            db.executemany("UPDATE pending_ack SET due = 1 WHERE id = ?", [(row_id,) for row_id in row_ids])

    def give_up(self, sink: str, row_id: int, refusal: Reject, at_us: int) -> int:
        """See `Store.give_up`."""
        with self._db.lock:
            rows = self._db.all("SELECT chunk, start, stop FROM pending_ack WHERE id = ? AND sink = ?", row_id, sink)
            for chunk_id, start, stop in rows:
                chunk = self._load(chunk_id)
                if chunk is None:
                    return 0
                with self._db.transaction() as db:
                    dead_letters.add_events(db, chunk, range(start, stop), sink, refusal, at_us)
                    _settle(db, sink, [row_id])
                    freed = deliveries.drop_if_over(db, sink, chunk_id)
                self._gone(chunk_id, freed)
                return int(stop - start)
        return 0


def _settle(db: sqlite3.Connection, sink: str, row_ids: Iterable[int]) -> list[int]:
    """These wait no more. The chunks they are of."""
    chunks = []
    for row_id in row_ids:
        rows = db.execute("DELETE FROM pending_ack WHERE id = ? AND sink = ? RETURNING chunk", (row_id, sink))
        chunks += [chunk for (chunk,) in rows.fetchall()]
    return chunks
