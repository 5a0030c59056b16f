"""What a store that no process has open still has to deliver, event by event.

It is read from a copy: SQLite's log must stay as the kill left it, for the next process to recover.
"""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from forwarder.store.chunk import Chunk, Sealed

_CHUNK = "source, stream, oldest_us, newest_us, events, digests"
_UNSETTLED = "SELECT sink, chunk, position, events FROM delivery WHERE position < events"
_OVERDUE = "SELECT sink, chunk, start, stop FROM pending_ack WHERE due"


class ToSend(NamedTuple):
    """The uids of the events that a store has still to send, by sink."""

    unsettled: Mapping[str, set[str]]
    overdue: Mapping[str, set[str]]
    """They were taken, but not acknowledged in time."""


def uids_to_send(store: Path) -> ToSend:
    """What the store has still to send."""
    with _copy_of(store) as db:
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'pending_ack'").fetchone():
            return ToSend({}, {})
        uids = {chunk_id: _uids(db, chunk_id) for (chunk_id,) in db.execute("SELECT id FROM chunk").fetchall()}
        return ToSend(*(_by_sink(db.execute(sql).fetchall(), uids) for sql in (_UNSETTLED, _OVERDUE)))


def _by_sink(rows: list[tuple[str, int, int, int]], uids: Mapping[int, list[str]]) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for sink, chunk_id, start, stop in rows:
        wanted.setdefault(sink, set()).update(uids[chunk_id][start:stop])
    return wanted


def uids_of_chunk(store: Path, chunk_id: int) -> list[str]:
    """The uids of the events of a chunk."""
    with _copy_of(store) as db:
        return _uids(db, chunk_id)


def _uids(db: sqlite3.Connection, chunk_id: int) -> list[str]:
    sql = f"SELECT {_CHUNK}, format, sealed FROM chunk WHERE id = ?"  # noqa: S608 (constant)
    *values, number, sealed = db.execute(sql, (chunk_id,)).fetchone()
    chunk = Chunk._make([*values, b"", b""]).unsealed(Sealed(number, sealed))
    return [keys.uid for keys in chunk.keys()]  # noqa: SIM118  not a mapping


@contextmanager
def _copy_of(store: Path) -> Iterator[sqlite3.Connection]:
    with TemporaryDirectory() as folder:
        for name in (store.name, f"{store.name}-wal"):
            if (file := store.with_name(name)).exists():
                shutil.copy(file, folder)
        with closing(sqlite3.connect(Path(folder, store.name))) as db:
            yield db
