"""A chunk: the events of one stream from one page, packed as NDJSON, and how a page becomes chunks.

Invariants: at most `CHUNK_BYTES` of events (or one event); neutral — a chunk knows no sink, index or table.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

from forwarder.gzip import compress, decompress
from forwarder.records import Event, KeyFields, Stream
from forwarder.store import ids

CHUNK_BYTES = 400 * 1024
"""With envelopes or columns it is one body that both destinations take."""


class Chunk(NamedTuple):
    """Events of one stream and source: bodies one a line, and their pivots as one JSON array of arrays."""

    source: str
    stream: Stream
    oldest_us: int
    newest_us: int
    events: int
    digests: bytes
    """Packed ids of the records it was made of, so that a damaged chunk can be read again."""
    key_fields: bytes
    bodies: bytes

    @property
    def size(self) -> int:
        """Bytes it takes in memory."""
        return len(self.key_fields) + len(self.bodies)

    def sealed(self) -> bytes:
        """Pivots and bodies as the store holds them: gzip, so that a commit writes a tenth of the bytes."""
        return compress(self.key_fields + b"\n" + self.bodies)

    def unsealed(self, sealed: bytes) -> "Chunk":
        """This chunk with what `sealed` holds."""
        key_fields, _, bodies = decompress(sealed).partition(b"\n")
        return self._replace(key_fields=key_fields, bodies=bodies)

    def lines(self) -> list[bytes]:
        """One compact JSON object an event."""
        return self.bodies.split(b"\n")

    def keys(self) -> list[KeyFields]:
        """The pivots, in the order of `lines`."""
        return [KeyFields._make(row) for row in orjson.loads(self.key_fields)]


class Packed(NamedTuple):
    """An event with what the store needs to know of the record behind it."""

    event: Event
    created_us: int
    digest: int | None
    """`None`: its source knows by other means what it has read."""


def pack(source: str, events: Iterable[Packed]) -> Iterator[Chunk]:
    """The chunks of one page's events, a stream each, in the order of the events."""
    waiting: dict[Stream, list[Packed]] = {}
    sizes: dict[Stream, int] = {}
    for packed in events:
        stream, size = packed.event.stream, len(packed.event.body)
        if sizes.get(stream, 0) + size > CHUNK_BYTES and waiting.get(stream):
            yield _chunk(source, stream, waiting.pop(stream))
            sizes[stream] = 0
        waiting.setdefault(stream, []).append(packed)
        sizes[stream] = sizes.get(stream, 0) + size
    for stream, rest in waiting.items():
        yield _chunk(source, stream, rest)


def _chunk(source: str, stream: Stream, packed: list[Packed]) -> Chunk:
    times = [p.created_us for p in packed]
    digests = [p.digest for p in packed if p.digest is not None]
    return Chunk(
        source=source,
        stream=stream,
        oldest_us=min(times),
        newest_us=max(times),
        events=len(packed),
        digests=ids.packed(digests),
        key_fields=orjson.dumps([tuple(p.event.key_fields) for p in packed]),
        bodies=b"\n".join([p.event.body for p in packed]),
    )
