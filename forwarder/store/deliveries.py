"""Who still has to confirm what: a row a sink and chunk, and what was handed over but is not yet acknowledged.

Invariants:
- A delivery is over when all its events are settled: confirmed, acknowledged, or refused and kept as letters.
- Events that wait for an acknowledgement are handed over, not settled: their chunk stays.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from forwarder.store.database import Database
from forwarder.store.values import AckTicket, Delivery, PendingAck


class Claim(NamedTuple):
    """What is to be sent next: events `position` to `stop` of a chunk."""

    chunk_id: int
    position: int
    stop: int
    refused: int
    again: int | None
    """The row of `handed_over` whose acknowledgement never came."""


def add(db: sqlite3.Connection, sinks: Iterable[str], chunk_id: int, stream: str, events: int) -> None:
    """A new chunk waits for every one of `sinks`."""
    rows = [(sink, chunk_id, stream, events) for sink in sinks]
    db.executemany("INSERT INTO delivery (sink, chunk, stream, events) VALUES (?, ?, ?, ?)", rows)


def claim(database: Database, sink: str, busy: tuple[int, ...], streams: tuple[str, ...]) -> Claim | None:
    """The oldest events that `sink` has to be sent: those that are due again first."""
    where = f"sink = ? AND chunk NOT IN ({_marks(busy)}) AND stream IN ({_marks(streams)})"
    due = database.all(
        f"SELECT chunk, start, stop, refused, handed_over.id FROM handed_over JOIN delivery USING (sink, chunk)"  # noqa: S608
        f" WHERE due AND {where} ORDER BY chunk LIMIT 1",
        *(sink, *busy, *streams),
    )
    rows = due or database.all(
        f"SELECT chunk, position, events, refused, NULL FROM delivery"  # noqa: S608 (placeholders only)
        f" WHERE position < events AND {where} ORDER BY chunk LIMIT 1",
        *(sink, *busy, *streams),
    )
    return Claim(*rows[0]) if rows else None


def waiting(database: Database, chunk_ids: Iterable[int]) -> set[int]:
    """Those of the chunks that some sink has not confirmed."""
    wanted = set(chunk_ids)
    rows = database.all("SELECT id FROM chunk WHERE id >= ?", min(wanted)) if wanted else []
    return wanted & {chunk_id for (chunk_id,) in rows}


def settle(db: sqlite3.Connection, delivery: Delivery, position: int, refused: int) -> None:
    """Events before `position` need not be sent any more."""
    if delivery.again is None:
        db.execute(
            "UPDATE delivery SET position = ?, refused = ? WHERE sink = ? AND chunk = ?",
            (position, refused, delivery.sink, delivery.chunk_id),
        )
    else:
        db.execute("UPDATE handed_over SET start = ? WHERE id = ?", (position, delivery.again))
        db.execute("DELETE FROM handed_over WHERE id = ? AND start >= stop", (delivery.again,))


def hand_over(db: sqlite3.Connection, delivery: Delivery, stop: int, ack_ticket: AckTicket) -> None:
    """Events from the delivery's position to `stop` wait for the acknowledgement `handover`."""
    db.execute(
        "INSERT INTO handed_over (sink, chunk, start, stop, channel, ack, again) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (delivery.sink, delivery.chunk_id, delivery.position, stop, *ack_ticket, delivery.again is not None),
    )


def pending_acks(database: Database, sink: str) -> list[PendingAck]:
    """What waits for an acknowledgement of `sink`, oldest first."""
    rows = database.all(
        "SELECT id, channel, ack, stop - start, again FROM handed_over WHERE sink = ? AND NOT due ORDER BY id",
        sink,
    )
    return [PendingAck(row_id, channel, ack, events, bool(again)) for row_id, channel, ack, events, again in rows]


def acknowledge(db: sqlite3.Connection, sink: str, row_ids: Iterable[int]) -> list[int]:
    """These are settled. The chunks they are of."""
    chunks = []
    for row_id in row_ids:
        rows = db.execute("DELETE FROM handed_over WHERE id = ? AND sink = ? RETURNING chunk", (row_id, sink))
        chunks += [chunk for (chunk,) in rows.fetchall()]
    return chunks


def send_again(db: sqlite3.Connection, row_ids: Iterable[int]) -> None:
    """The acknowledgements of these never came."""
    db.executemany("UPDATE handed_over SET due = 1 WHERE id = ?", [(row_id,) for row_id in row_ids])


def is_over(db: sqlite3.Connection, sink: str, chunk_id: int) -> bool:
    """Whether nobody waits for the chunk any more, once `sink` is done with it."""
    db.execute(
        "DELETE FROM delivery WHERE sink = ?1 AND chunk = ?2 AND position >= events"
        " AND NOT EXISTS (SELECT 1 FROM handed_over WHERE sink = ?1 AND chunk = ?2)",
        (sink, chunk_id),
    )
    return db.execute("SELECT 1 FROM delivery WHERE chunk = ?", (chunk_id,)).fetchone() is None


def forget(db: sqlite3.Connection, chunk_id: int) -> None:
    """Nobody waits for a chunk that is damaged."""
    db.execute("DELETE FROM handed_over WHERE chunk = ?", (chunk_id,))
    db.execute("DELETE FROM delivery WHERE chunk = ?", (chunk_id,))


def backlog(database: Database) -> dict[str, int]:
    """Events that are not settled, by sink."""
    rows = database.all(
        "SELECT sink, sum(waiting) FROM ("
        " SELECT sink, events - position AS waiting FROM delivery UNION ALL SELECT sink, stop - start FROM handed_over"
        ") GROUP BY sink"
    )
    return {sink: int(count) for sink, count in rows}


def _marks(values: tuple[object, ...]) -> str:
    return ",".join("?" * len(values))
