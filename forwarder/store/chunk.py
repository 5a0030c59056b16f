"""A chunk: the events of one stream from one page, packed as NDJSON, and how a page becomes chunks.

Invariants:
- At most `CHUNK_BYTES` of events (or one event); neutral: a chunk knows no sink, index or table.
- In memory the key fields stand in the order of `KeyFields`. What is stored names them, so that a program with other
  fields can read it: those it does not find are `None`.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from forwarder.gzip import compress, decompress
from forwarder.records import Event, KeyFields, Stream

CHUNK_BYTES = 400 * 1024
"""With envelopes or columns it is one body that both destinations take."""
FORMAT = 2
"""The format that is written: gzip of the fields' names, the key fields, and the bodies, each behind a line end."""
_DIGEST = 8
"""Bytes of a packed id."""
_NAMES = orjson.dumps(KeyFields._fields)
_POSITIONAL = (
    "time_ms",
    "logged_ms",
    "uid",
    "event_code",
    "class_uid",
    "activity_id",
    "user",
    "actor_uid",
    "actor_type",
    "organization",
    "src_ip",
    "object_uid",
    "object_type",
    "model",
    "tokens",
    "revision",
)
"""The fields of format 1, which did not name them. Never changed."""


class UnknownFormat(Exception):
    """A chunk was written in a format that this version does not know."""


class Sealed(NamedTuple):
    """A chunk's key fields and bodies as the store holds them."""

    format: int
    data: bytes


class Chunk(NamedTuple):
    """Events of one stream and source: bodies one a line, and their key fields as one JSON array of arrays."""

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

    def sealed(self) -> Sealed:
        """Key fields and bodies as the store holds them: gzip, so that a commit writes a tenth of the bytes."""
        return Sealed(FORMAT, compress(b"\n".join((_NAMES, self.key_fields, self.bodies))))

    def unsealed(self, sealed: Sealed) -> "Chunk":
        """This chunk with what `sealed` holds. Raises `UnknownFormat`."""
        if sealed.format == FORMAT:
            names, key_fields, bodies = decompress(sealed.data).split(b"\n", 2)
            if names != _NAMES:
                key_fields = _reordered(orjson.loads(names), key_fields)
        elif sealed.format == 1:
            key_fields, _, bodies = decompress(sealed.data).partition(b"\n")
            if KeyFields._fields != _POSITIONAL:
                key_fields = _reordered(_POSITIONAL, key_fields)
        else:
            raise UnknownFormat(f"chunk format {sealed.format}; this version reads up to {FORMAT}")
        return self._replace(key_fields=key_fields, bodies=bodies)

    def lines(self) -> list[bytes]:
        """One compact JSON object an event."""
        return self.bodies.split(b"\n")

    def keys(self) -> list[KeyFields]:
        """The key fields, in the order of `lines`."""
        return [KeyFields._make(row) for row in orjson.loads(self.key_fields)]

    def digest_at(self, position: int) -> bytes:
        """The packed id of the record of one event; empty where its source has no ids."""
        return self.digests[position * _DIGEST : (position + 1) * _DIGEST]

    def pairs(self) -> Iterator[tuple[list[Any], bytes]]:
        """Each event's key fields (values in the order of `KeyFields`) and body."""
        return zip(orjson.loads(self.key_fields), self.lines(), strict=True)


def events_alone(chunk: Chunk, positions: Iterable[int]) -> Iterator[Chunk]:
    """The events at these positions, each as a chunk of its own."""
    rows, lines = orjson.loads(chunk.key_fields), chunk.lines()
    for position in positions:
        digest, key_fields = chunk.digest_at(position), orjson.dumps([rows[position]])
        yield chunk._replace(events=1, digests=digest, key_fields=key_fields, bodies=lines[position])


def named_key_fields(chunk: Chunk, position: int) -> bytes:
    """One event's key fields by name, for a store that keeps the event alone."""
    return orjson.dumps(dict(zip(KeyFields._fields, orjson.loads(chunk.key_fields)[position], strict=True)))


def key_fields_from(stored: bytes) -> bytes:
    """`Chunk.key_fields` of one event from `named_key_fields`, or from the array of one array that format 1 had."""
    kept = orjson.loads(stored)
    fields = kept if isinstance(kept, dict) else dict(zip(_POSITIONAL, kept[0], strict=False))
    return orjson.dumps([[fields.get(name) for name in KeyFields._fields]])


def _reordered(names: Sequence[str], key_fields: bytes) -> bytes:
    """Rows with `names` as rows with the names of this version; what is missing is `None`."""
    places = [names.index(name) if name in names else None for name in KeyFields._fields]
    return orjson.dumps(
        [[None if i is None or i >= len(row) else row[i] for i in places] for row in orjson.loads(key_fields)]
    )


def packed_ids(digests: Iterable[int]) -> bytes:
    """Digests of 64 bits (`forwarder.records`) as a blob, eight bytes each.

    A look-up compares a page only with ids of the same time range, so of n known ids there a new row is taken for a
    known one with probability n / 2^64: at 100,000 ids, once in 180 million million rows.
    """
    return array("Q", digests).tobytes()


def unpacked_ids(blob: bytes) -> "array[int]":
    """The digests of a blob."""
    digests = array("Q")
    digests.frombytes(blob)
    return digests


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
    return Chunk(
        source=source,
        stream=stream,
        oldest_us=min(times),
        newest_us=max(times),
        events=len(packed),
        digests=packed_ids(p.digest for p in packed if p.digest is not None),
        key_fields=orjson.dumps([tuple(p.event.key_fields) for p in packed]),
        bodies=b"\n".join([p.event.body for p in packed]),
    )
