"""The id set: which records a source has given before, a blob of digests a chunk, found by the records' own time."""

import sqlite3

from forwarder.store import ids
from forwarder.store.chunk import Chunk
from forwarder.store.database import Database

_NEAR = "source = ? AND newest_us >= ? AND oldest_us <= ?"


def known(database: Database, source: str, oldest_us: int, newest_us: int) -> set[int]:
    """Digests of the ids known in this stretch of the source's time (and perhaps some beside it)."""
    rows = database.all(f"SELECT digests FROM seen WHERE {_NEAR}", source, oldest_us, newest_us)  # noqa: S608 (constant)
    return {digest for (blob,) in rows for digest in ids.unpacked(blob)}


def learn(db: sqlite3.Connection, chunk: Chunk) -> None:
    """The ids of a chunk are known, within the caller's transaction."""
    if chunk.digests:
        db.execute(
            "INSERT INTO seen VALUES (?, ?, ?, ?)", (chunk.source, chunk.oldest_us, chunk.newest_us, chunk.digests)
        )


def unlearn(db: sqlite3.Connection, chunk: Chunk) -> None:
    """The ids of a chunk are known no more, within the caller's transaction."""
    lost = set(ids.unpacked(chunk.digests))
    rows = db.execute(
        f"SELECT rowid, digests FROM seen WHERE {_NEAR}",  # noqa: S608 (constant)
        (chunk.source, chunk.oldest_us, chunk.newest_us),
    ).fetchall()
    for rowid, blob in rows:
        kept = ids.packed(digest for digest in ids.unpacked(blob) if digest not in lost)
        db.execute("UPDATE seen SET digests = ? WHERE rowid = ?", (kept, rowid))


def forget(db: sqlite3.Connection, source: str, before_us: int) -> None:
    """Prune ids of records created before `before_us`, within the caller's transaction."""
    db.execute("DELETE FROM seen WHERE source = ? AND newest_us < ?", (source, before_us))
