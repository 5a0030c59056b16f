"""The lines of an archive: how they are chained, and how a part's lines are read.

A line is `{"seq":N,"prev":HASH,"hash":HASH,"event":EVENT}`, compact and in this order. It holds the hash of the line
before, and its own hash over that, its number and the bytes of EVENT.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

GENESIS = "0" * 64
"""`prev` of the first line."""
BLOCK = 256 * 1024
LINE_BYTES = 64 * 1024 * 1024
"""A longer line is no event."""
_GZIP = 31

_LINE = re.compile(
    rb'\{"seq":([1-9][0-9]{0,18}),"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})","event":(.*)\}', re.DOTALL
)


class UnreadablePart(Exception):
    """What follows the lines read so far cannot be read; the text says why."""


class ArchiveLine(NamedTuple):
    """A line as it was read."""

    seq: int
    prev: str
    hash: str
    event: bytes

    def expected_hash(self) -> str:
        """The hash over its content."""
        return hash_of(self.prev, self.seq, self.event)


def hash_of(prev: str, seq: int, event: bytes) -> str:
    """The hash of the line that holds `event` as number `seq` behind `prev`."""
    return hashlib.sha256(b"%s %d " % (prev.encode(), seq) + event).hexdigest()


def chained(events: Iterable[bytes], seq: int, last: str) -> tuple[list[bytes], int, str]:
    """The lines of `events`, then the number and the hash of the last one."""
    lines = []
    for event in events:
        seq += 1
        own = hash_of(last, seq, event)
        lines.append(b'{"seq":%d,"prev":"%s","hash":"%s","event":%s}\n' % (seq, last.encode(), own.encode(), event))
        last = own
    return lines, seq, last


def parsed(raw: bytes) -> ArchiveLine | None:
    """The line in `raw` (without its newline); `None` when it has another form."""
    match = _LINE.fullmatch(raw)
    if match is None:
        return None
    seq, prev, own, event = match.groups()
    return ArchiveLine(int(seq), prev.decode(), own.decode(), event)


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a part without newlines, read as a stream: memory does not grow with the file or what it unpacks to.

    Raises `UnreadablePart` after the last whole line when more follows that is none, and `OSError`.
    """
    rest = bytearray()
    with path.open("rb") as file:
        for block in _unpacked(file):
            first, *others = block.split(b"\n")
            rest += first
            if others:
                yield bytes(rest)
                yield from others[:-1]
                rest = bytearray(others[-1])
            if len(rest) > LINE_BYTES:
                raise UnreadablePart(f"a line of more than {LINE_BYTES} bytes is no event's")
    if rest:
        raise UnreadablePart("the file ends within a line: it was cut")


def _unpacked(file: BinaryIO) -> Iterator[bytes]:
    """Blocks of at most `BLOCK` bytes, member by member."""
    decoder = None
    packed, more = b"", False
    while more or packed or (packed := file.read(BLOCK)):
        decoder = decoder or zlib.decompressobj(wbits=_GZIP)
        try:
            block = decoder.decompress(packed, BLOCK)
        except zlib.error as error:
            raise UnreadablePart(f"a gzip member is damaged ({error})") from None
        yield block
        more = len(block) == BLOCK and not decoder.eof
        packed = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        if decoder.eof:
            decoder = None
    if decoder:
        raise UnreadablePart("the file ends within a gzip member: it is torn or cut")
