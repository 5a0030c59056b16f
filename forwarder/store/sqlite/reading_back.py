"""Chunks read back from the file, after a restart or when delivery has fallen behind.

Invariants:
- A damaged chunk is taken out, and its time range noted for reading again.
- One of an unknown format stays, and waits for a program that knows it.
"""

import zlib
from collections.abc import Callable

import structlog

from forwarder.store.chunk import Chunk, Sealed, UnknownFormat
from forwarder.store.sqlite import deliveries
from forwarder.store.sqlite.commit import forget_chunk_ids, read_again
from forwarder.store.sqlite.owned import OwnedDatabase

_log = structlog.get_logger()


class ChunkReader:
    """Reads from one store file. `gone` gets the id and the bytes of a chunk that was taken out."""

    def __init__(self, db: OwnedDatabase, gone: Callable[[int, int | None], None]) -> None:
        self._db = db
        self._gone = gone
        self.unreadable: dict[int, str] = {}
        """Why, by chunk that is kept and cannot be read."""

    def read(self, chunk_id: int) -> Chunk | None:
        """The chunk; `None` where it is not there or cannot be read."""
        rows = self._db.all(
            "SELECT crc, format, sealed, source, stream, oldest_us, newest_us, events, digests FROM chunk WHERE id = ?",
            chunk_id,
        )
        for crc, number, data, *values in rows:
            chunk = Chunk._make([*values, b"", b""])
            if zlib.crc32(data) != crc:
                self._read_again(chunk_id, chunk)
                return None
            try:
                return chunk.unsealed(Sealed(number, data))
            except UnknownFormat as unknown:
                self.unreadable[chunk_id] = str(unknown)
                _log.error("chunk cannot be read and is kept", chunk=chunk_id, reason=str(unknown))
        return None

    def _read_again(self, chunk_id: int, chunk: Chunk) -> None:
        with self._db.transaction() as db:
            read_again(db, chunk.source, [(chunk.oldest_us, chunk.newest_us)])
            forget_chunk_ids(db, chunk)
            freed = deliveries.drop_damaged(db, chunk_id)
        self._gone(chunk_id, freed)
