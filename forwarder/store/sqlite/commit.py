"""The one way into the store: a page of the owner, a page of a backfill, and a dead letter that is requeued.

Invariants, each within the caller's transaction:
- Chunks, their ids and who is to be sent them, dead letters, and the checkpoint or progress: all or nothing.
- A dead letter that is requeued leaves in the transaction in which its chunk arrives.
"""

import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence

from forwarder.store.chunk import Chunk, Sealed, packed_ids, unpacked_ids
from forwarder.store.sqlite import dead_letters
from forwarder.store.values import BackfillProgress, Checkpoint, PageCommit

_NEAR = "source = ? AND newest_us >= ? AND oldest_us <= ?"
KNOWN_IDS = f"SELECT digests FROM known_id WHERE {_NEAR}"  # noqa: S608 (constant)
"""The id set of a source in a time range: a blob of digests a chunk, found by the records' own time."""
WAITING_BYTES = "SELECT coalesce(sum(bytes), 0) FROM chunk"


def write_page(
    db: sqlite3.Connection, page: PageCommit, sinks: Sequence[str], sealed: Sequence[Sealed], at_us: int
) -> dict[int, Chunk]:
    """The chunks that are now in the store, by id. `sinks`: who is to be sent them where the page does not say."""
    if page.requeued is not None and not dead_letters.take(db, page.requeued):
        return {}
    added: dict[int, Chunk] = {}
    for chunk, data in zip(page.chunks, sealed, strict=True):
        if not (page.unless_known and chunk.digests and _all_known(db, chunk)):
            added[_add_chunk(db, sinks if page.sinks is None else page.sinks, chunk, data)] = chunk
    for letter in page.dead_letters:
        dead_letters.add(db, letter, at_us)
    if page.checkpoint:
        _move(db, page.source, page.checkpoint)
    for source, entries in page.state_entries.items():
        _write_state(db, source, entries)
    if page.reread_done:
        db.execute("DELETE FROM reread WHERE id = ?", (page.reread_done,))
    read_again(db, page.source, ((window.start_us, window.end_us - 1) for window in page.unread))
    if page.backfill:
        _reach(db, page.backfill)
    return added


def size_of(page: PageCommit, sealed: Sequence[Sealed]) -> int:
    """About the bytes by which a page makes the store larger."""
    chunks = sum(len(data) + len(chunk.digests) * 2 for chunk, (_, data) in zip(page.chunks, sealed, strict=True))
    letters = sum(len(letter.body) for letter in page.dead_letters)
    entries = (value for entries in page.state_entries.values() for value in entries.values() if value)
    return chunks + letters + sum(map(len, entries))


def ids_of(rows: Iterable[tuple[bytes]]) -> set[int]:
    """The digests in rows of `KNOWN_IDS`."""
    return {digest for (blob,) in rows for digest in unpacked_ids(blob)}


def read_again(db: sqlite3.Connection, source: str, ranges: Iterable[tuple[int, int]]) -> None:
    """Time ranges of `source`, both ends included, are to be read again, within the caller's transaction."""
    rows = [(source, oldest_us, newest_us) for oldest_us, newest_us in ranges]
    db.executemany("INSERT INTO reread (source, oldest_us, newest_us) VALUES (?, ?, ?)", rows)


def forget_chunk_ids(db: sqlite3.Connection, chunk: Chunk) -> None:
    """The ids of a chunk are known no more, within the caller's transaction."""
    lost = set(unpacked_ids(chunk.digests))
    rows = db.execute(
        f"SELECT rowid, digests FROM known_id WHERE {_NEAR}",  # noqa: S608 (constant)
        (chunk.source, chunk.oldest_us, chunk.newest_us),
    ).fetchall()
    for rowid, blob in rows:
        kept = packed_ids(digest for digest in unpacked_ids(blob) if digest not in lost)
        db.execute("UPDATE known_id SET digests = ? WHERE rowid = ?", (kept, rowid))


def _add_chunk(db: sqlite3.Connection, sinks: Iterable[str], chunk: Chunk, sealed: Sealed) -> int:
    cursor = db.execute(
        "INSERT INTO chunk (source, stream, oldest_us, newest_us, events, bytes, crc, digests, sealed, format)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*chunk[:5], len(sealed.data), zlib.crc32(sealed.data), chunk.digests, sealed.data, sealed.format),
    )
    chunk_id = cursor.lastrowid or 0
    rows = [(sink, chunk_id, chunk.stream, chunk.events) for sink in sinks]
    db.executemany("INSERT INTO delivery (sink, chunk, stream, events) VALUES (?, ?, ?, ?)", rows)
    if chunk.digests:
        db.execute("INSERT INTO known_id VALUES (?, ?, ?, ?)", (*chunk[:1], *chunk[2:4], chunk.digests))
    return chunk_id


def _all_known(db: sqlite3.Connection, chunk: Chunk) -> bool:
    known = ids_of(db.execute(KNOWN_IDS, (chunk.source, chunk.oldest_us, chunk.newest_us)))
    return set(unpacked_ids(chunk.digests)) <= known


def _move(db: sqlite3.Connection, source: str, checkpoint: Checkpoint) -> None:
    db.execute("REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?)", (source, *checkpoint))


def _write_state(db: sqlite3.Connection, source: str, entries: Mapping[str, bytes | None]) -> None:
    gone = [(source, name) for name, value in entries.items() if value is None]
    kept = [(source, name, value) for name, value in entries.items() if value is not None]
    db.executemany("DELETE FROM source_state WHERE source = ? AND name = ?", gone)
    db.executemany("REPLACE INTO source_state VALUES (?, ?, ?)", kept)


def _reach(db: sqlite3.Connection, progress: BackfillProgress) -> None:
    """A backfill that is read to its end begins anew when it is asked for once more."""
    if progress.done_us < progress.end_us:
        db.execute("REPLACE INTO backfill VALUES (?, ?, ?)", progress)
    else:
        db.execute("DELETE FROM backfill WHERE name = ?", (progress.name,))
