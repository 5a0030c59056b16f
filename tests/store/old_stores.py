"""Stores as they were written before schemas had versions: the schema of each from `schemas/`, rows packed its way.

A store holds chunks of which `splunk` and `archive` wait for all or a rest, dead letters, and, where its version had
them, events that wait for an acknowledgement, dropped dead letters, a backfill under way and state entries.
"""

import sqlite3
import zlib
from array import array
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import orjson

from forwarder.gzip import compress
from forwarder.records import DeadLetter
from forwarder.store import Chunk
from tests.store.pages import SECOND, SOURCE, chunks, digest, letter

SCHEMAS = Path(__file__).with_name("schemas")
COMMITS = ("4c3f58f", "dca8a7d", "be2189d", "1223fbd", "df799d3", "7be5126", "b1b314c")
"""In the order in which they were written."""
INSTANCE = "an-instance"
CHECKPOINT = (1, 30 * SECOND, 3, 4)
CHANNEL = "a-channel"
REFUSED = DeadLetter(SOURCE, "splunk", "invalid", "why", "uid-33", chunks([33])[0].bodies)
"""By a sink; event 33 stood in a chunk of its own."""


def build(folder: Path, commit: str) -> None:
    """The store of that commit's version in `folder`, closed."""
    with closing(sqlite3.connect(folder / "store.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.executescript((SCHEMAS / f"{commit}.sql").read_text())
        _fill(db)


def _fill(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO meta VALUES ('instance', ?)", (INSTANCE,))
    db.execute("INSERT INTO mark VALUES (?, ?)", (SOURCE, orjson.dumps(CHECKPOINT).decode()))
    for number, start in enumerate((0, 10, 20), 1):
        (chunk,) = chunks(range(start, start + 10))
        _add_chunk(db, number, chunk)
    db.execute("UPDATE delivery SET position = 4 WHERE sink = 'splunk' AND chunk = 1")
    db.execute("DELETE FROM delivery WHERE sink = 'archive' AND chunk = 2")
    _add_reread(db)
    for number in (1, 2):
        _add_dead_letter(db, letter(number))
    _add_dead_letter(db, REFUSED)
    _add_what_some_have(db)


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in db.execute(f"PRAGMA table_info({table})")}


def _add_chunk(db: sqlite3.Connection, number: int, chunk: Chunk) -> None:
    head = (number, *chunk[:5])
    if "sealed" in _columns(db, "chunk"):
        sealed = compress(chunk.key_fields + b"\n" + chunk.bodies)
        row: tuple[object, ...] = (*head, len(sealed), zlib.crc32(sealed), chunk.digests, sealed)
    else:
        crc = zlib.crc32(chunk.bodies, zlib.crc32(chunk.key_fields))
        row = (*head, chunk.size, crc, chunk.digests, chunk.key_fields, chunk.bodies)
    db.execute(f"INSERT INTO chunk VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 (placeholders only)
    for sink in ("splunk", "archive"):
        if "events" in _columns(db, "delivery"):
            sql = "INSERT INTO delivery (sink, chunk, stream, events) VALUES (?, ?, ?, ?)"
            db.execute(sql, (sink, number, chunk.stream, chunk.events))
        else:
            sql = "INSERT INTO delivery (sink, chunk, stream) VALUES (?, ?, ?)"
            db.execute(sql, (sink, number, chunk.stream))
    db.execute("INSERT INTO seen VALUES (?, ?, ?, ?)", (chunk.source, chunk.oldest_us, chunk.newest_us, chunk.digests))


def _add_reread(db: sqlite3.Connection) -> None:
    """Events 40 to 42 were in a damaged chunk: they are not known, and are to be read again."""
    row: tuple[object, ...] = (7, SOURCE, 40 * SECOND, 42 * SECOND)
    if "lost" in _columns(db, "reread"):
        lost = array("Q", [digest(number) for number in (40, 41, 42)]).tobytes()
        kept = array("Q", [digest(number) for number in range(40, 45)]).tobytes()
        db.execute("INSERT INTO seen VALUES (?, ?, ?, ?)", (SOURCE, 40 * SECOND, 44 * SECOND, kept))
        row = (*row, lost)
    else:
        kept = array("Q", [digest(number) for number in (43, 44)]).tobytes()
        db.execute("INSERT INTO seen VALUES (?, ?, ?, ?)", (SOURCE, 40 * SECOND, 44 * SECOND, kept))
    db.execute(f"INSERT INTO reread VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 (placeholders only)


def _add_dead_letter(db: sqlite3.Connection, kept: DeadLetter) -> None:
    db.execute(
        "INSERT INTO dead_letter (source, refused_by, reason, detail, uid, body, digest, at_us)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 5)",
        (*kept, blake2b(kept.body, digest_size=16).digest()),
    )
    if "pivots" in _columns(db, "dead_letter") and kept.refused_by == "splunk":
        (event,) = chunks([33])
        db.execute(
            "UPDATE dead_letter SET stream = ?, oldest_us = ?, newest_us = ?, digests = ?, pivots = ? WHERE body = ?",
            (event.stream, event.oldest_us, event.newest_us, event.digests, event.key_fields, kept.body),
        )


def _add_what_some_have(db: sqlite3.Connection) -> None:
    if columns := _columns(db, "handed_over"):
        names = ("sink", "chunk", "start", "stop", "channel", "ack", "at_us", "again", "due")
        row = dict(zip(names, ("splunk", 1, 2, 4, CHANNEL, 9, 5, 0, 0), strict=True))
        used = [name for name in names if name in columns]
        sql = f"INSERT INTO handed_over ({', '.join(used)}) VALUES ({', '.join('?' * len(used))})"  # noqa: S608
        db.execute(sql, [row[name] for name in used])
    if _columns(db, "dropped_letter"):
        body = letter(8).body
        db.execute("INSERT INTO dropped_letter VALUES ('source', ?)", (blake2b(body, digest_size=16).digest(),))
    if _columns(db, "backfill"):
        db.execute("INSERT INTO backfill VALUES ('a name', 5, 9)")
    if _columns(db, "note"):
        db.execute("INSERT INTO note VALUES ('users', 'users/1', x'31')")
