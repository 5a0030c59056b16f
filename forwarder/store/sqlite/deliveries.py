"""Who still has to confirm what: a row a sink and chunk, and what was sent but is not yet acknowledged.

Invariants:
- A delivery is over when all its events are settled: confirmed, acknowledged, or refused and kept as dead letters.
- Events that wait for an acknowledgement are not settled: their chunk stays.
"""

import sqlite3
from collections.abc import Collection, Iterable
from typing import NamedTuple

from forwarder.errors import Misconfigured
from forwarder.store.sqlite.database import Database
from forwarder.store.values import AckTicket, Delivery


class Next(NamedTuple):
    """What is to be sent next: events `position` to `stop` of a chunk."""

    chunk_id: int
    position: int
    stop: int
    refused: int
    again: int | None
    """The row of `pending_ack` whose acknowledgement never came."""


def find_next(database: Database, sink: str, claimed: Collection[int], streams: Collection[str]) -> Next | None:
    """The oldest events that `sink` has to be sent, outside `claimed`: those that are due again first."""
    where = f"sink = ? AND chunk NOT IN ({_places(claimed)}) AND stream IN ({_places(streams)})"
    due = database.all(
        f"SELECT chunk, start, stop, refused, pending_ack.id FROM pending_ack JOIN delivery USING (sink, chunk)"  # noqa: S608
        f" WHERE due AND {where} ORDER BY chunk LIMIT 1",
        *(sink, *claimed, *streams),
    )
    rows = due or database.all(
        f"SELECT chunk, position, events, refused, NULL FROM delivery"  # noqa: S608 (placeholders only)
        f" WHERE position < events AND {where} ORDER BY chunk LIMIT 1",
        *(sink, *claimed, *streams),
    )
    return Next(*rows[0]) if rows else None


def refuse_removed_sinks(database: Database, sinks: Collection[str]) -> None:
    """Raises `Misconfigured` when chunks wait for a sink that is none of `sinks`."""
    for sink, count in database.all("SELECT sink, count(*) FROM delivery GROUP BY sink"):
        if sink not in sinks:
            raise Misconfigured(
                f"sinks.{sink}: is removed or disabled while {count} chunks wait for it in the store; "
                f"enable it until they are delivered"
            )


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
        db.execute("UPDATE pending_ack SET start = ? WHERE id = ?", (position, delivery.again))
        db.execute("DELETE FROM pending_ack WHERE id = ? AND start >= stop", (delivery.again,))


def await_ack(db: sqlite3.Connection, delivery: Delivery, stop: int, ack_ticket: AckTicket) -> None:
    """Events from the delivery's position to `stop` wait for an acknowledgement."""
    db.execute(
        "INSERT INTO pending_ack (sink, chunk, start, stop, channel, ack, session, again)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (delivery.sink, delivery.chunk_id, delivery.position, stop, *ack_ticket, delivery.again is not None),
    )


def drop_if_over(db: sqlite3.Connection, sink: str, chunk_id: int) -> int | None:
    """The bytes of a chunk that goes, because `sink` was the last that it waited for; `None` when it stays."""
    db.execute(
        "DELETE FROM delivery WHERE sink = ?1 AND chunk = ?2 AND position >= events"
        " AND NOT EXISTS (SELECT 1 FROM pending_ack WHERE sink = ?1 AND chunk = ?2)",
        (sink, chunk_id),
    )
    if db.execute("SELECT 1 FROM delivery WHERE chunk = ?", (chunk_id,)).fetchone():
        return None
    return _drop_chunk(db, chunk_id)


def drop_damaged(db: sqlite3.Connection, chunk_id: int) -> int:
    """The bytes of a chunk that goes although some sink waits for it."""
    db.execute("DELETE FROM pending_ack WHERE chunk = ?", (chunk_id,))
    db.execute("DELETE FROM delivery WHERE chunk = ?", (chunk_id,))
    return _drop_chunk(db, chunk_id)


def backlog(database: Database) -> dict[str, int]:
    """Events that are not settled, by sink."""
    rows = database.all(
        "SELECT sink, sum(waiting) FROM ("
        " SELECT sink, events - position AS waiting FROM delivery UNION ALL SELECT sink, stop - start FROM pending_ack"
        ") GROUP BY sink"
    )
    return {sink: int(count) for sink, count in rows}


def _drop_chunk(db: sqlite3.Connection, chunk_id: int) -> int:
    row = db.execute("DELETE FROM chunk WHERE id = ? RETURNING bytes", (chunk_id,)).fetchone()
    return int(row[0]) if row else 0


def _places(values: Collection[object]) -> str:
    return ",".join("?" * len(values))
