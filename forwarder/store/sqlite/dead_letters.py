"""Dead letters: what was refused, by whom, why, with its bytes. The same refusal of the same bytes is one dead letter.

Invariants:
- A dead letter of a sink knows the event as it stood in its chunk, so that the event can be sent again as it was.
- A refused record whose dead letter a person dropped is no dead letter again when it is read again.
"""

import sqlite3
from collections.abc import Iterator
from hashlib import blake2b

from forwarder.errors import Reject
from forwarder.records import DeadLetter
from forwarder.redaction import redact
from forwarder.store.chunk import Chunk, events_alone, key_fields_from, named_key_fields
from forwarder.store.sqlite.database import Database
from forwarder.store.values import DeadLetterFilter, KeptDeadLetter

_LETTER = "source, refused_by, reason, detail, uid, body"
_EVENT = "stream, oldest_us, newest_us, digests, key_fields"


def add(db: sqlite3.Connection, letter: DeadLetter, at_us: int, chunk: Chunk | None = None) -> None:
    """Keep a dead letter, within the caller's transaction. `chunk`: where the refused event stands."""
    digest = _digest(letter.body)
    db.execute(
        f"INSERT OR IGNORE INTO dead_letter ({_LETTER}, digest, at_us, {_EVENT})"  # noqa: S608 (constants)
        " SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
        " WHERE NOT EXISTS (SELECT 1 FROM dropped_dead_letter WHERE refused_by = ? AND digest = ?)",
        (*_storable(letter), digest, at_us, *_event(chunk, letter.body), letter.refused_by, digest),
    )


def add_events(
    db: sqlite3.Connection, chunk: Chunk, positions: range, refused_by: str, refusal: Reject, at_us: int
) -> None:
    """Keep the events of a chunk at these positions as dead letters, within the caller's transaction."""
    for alone in events_alone(chunk, positions):
        uid = alone.keys()[0].uid
        letter = DeadLetter(chunk.source, refused_by, refusal.reason, str(refusal), uid, alone.bodies)
        add(db, letter, at_us, alone)


def count(database: Database) -> dict[tuple[str, str, str], int]:
    """How many are kept, by source, who refused and reason."""
    rows = database.all("SELECT source, refused_by, reason, count(*) FROM dead_letter GROUP BY 1, 2, 3")
    return {(source, refused_by, reason): int(number) for source, refused_by, reason, number in rows}


def all_kept(database: Database) -> Iterator[DeadLetter]:
    """Every dead letter, oldest first."""
    rows = database.all(f"SELECT {_LETTER} FROM dead_letter ORDER BY id")  # noqa: S608 (constants)
    return (DeadLetter(*row) for row in rows)


def chosen(database: Database, choice: DeadLetterFilter) -> list[int]:
    """The ids of the dead letters that are meant and there, oldest first."""
    parts = {"refused_by": choice.sink, "source": choice.source, "reason": choice.reason}
    named = {column: value for column, value in parts.items() if value is not None}
    where = " AND ".join(["1", *(f"{column} = ?" for column in named)])
    rows = database.all(f"SELECT id FROM dead_letter WHERE {where} ORDER BY id", *named.values())  # noqa: S608
    wanted = set(choice.ids)
    return [number for (number,) in rows if not wanted or number in wanted]


def find(database: Database, number: int) -> KeptDeadLetter | None:
    """The dead letter of an id."""
    rows = database.all(
        f"SELECT id, at_us, {_LETTER}, {_EVENT} FROM dead_letter WHERE id = ?",  # noqa: S608 (constants)
        number,
    )
    return _kept(rows[0]) if rows else None


def refusal(database: Database, refused_by: str, body: bytes) -> str | None:
    """Why these bytes are a dead letter of `refused_by`; `None` when they are not."""
    sql = "SELECT reason || ': ' || detail FROM dead_letter WHERE refused_by = ? AND digest = ?"
    why = database.one(sql, refused_by, _digest(body))
    return None if why is None else str(why)


def take(db: sqlite3.Connection, number: int) -> bool:
    """Remove a dead letter, within the caller's transaction; whether it was there."""
    return db.execute("DELETE FROM dead_letter WHERE id = ?", (number,)).rowcount == 1


def drop(db: sqlite3.Connection, number: int) -> bool:
    """Remove a dead letter for good, within the caller's transaction; whether it was there."""
    db.execute(
        "INSERT OR IGNORE INTO dropped_dead_letter"
        " SELECT refused_by, digest FROM dead_letter WHERE id = ? AND stream IS NULL",
        (number,),
    )
    return take(db, number)


def restate(db: sqlite3.Connection, number: int, letter: DeadLetter) -> None:
    """The same thing is now refused as `letter` says, within the caller's transaction."""
    _, refused_by, reason, detail, uid, _ = _storable(letter)
    db.execute(
        "UPDATE OR REPLACE dead_letter SET refused_by = ?, reason = ?, detail = ?, uid = ? WHERE id = ?",
        (refused_by, reason, detail, uid, number),
    )


def drop_older(db: sqlite3.Connection, before_us: int) -> int:
    """Remove dead letters older than `before_us`, within the caller's transaction; how many there were."""
    return db.execute("DELETE FROM dead_letter WHERE at_us < ?", (before_us,)).rowcount


def _digest(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).digest()


def _storable(letter: DeadLetter) -> tuple[object, ...]:
    """Its words hold no secret, its bytes are as they were. Lone surrogates are replaced as everywhere."""
    letter = letter._replace(reason=redact(letter.reason), detail=redact(letter.detail))
    return tuple(part.encode("utf-8", "replace").decode() if isinstance(part, str) else part for part in letter)


def _event(chunk: Chunk | None, body: bytes) -> tuple[object, ...]:
    """The columns of `_EVENT`. The time is the chunk's: a chunk does not know when each of its events was created."""
    lines = chunk.lines() if chunk else []
    if chunk is None or body not in lines:
        return (None,) * 5
    position = lines.index(body)
    return (
        chunk.stream,
        chunk.oldest_us,
        chunk.newest_us,
        chunk.digest_at(position),
        named_key_fields(chunk, position),
    )


def _kept(row: tuple[object, ...]) -> KeptDeadLetter:
    number, at_us, *parts = row
    letter, (stream, oldest_us, newest_us, digests, key_fields) = DeadLetter._make(parts[:6]), parts[6:]
    event = None
    if isinstance(key_fields, bytes):
        stored = key_fields_from(key_fields)
        event = Chunk._make([letter.source, stream, oldest_us, newest_us, 1, digests, stored, letter.body])
    return KeptDeadLetter._make([number, at_us, letter, event])
