"""The lines of a part, read as a stream: memory stays the same whatever the file's size, and whatever it unpacks to."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

BLOCK = 256 * 1024
LINE_BYTES = 64 * 1024 * 1024
"""A longer line is no event."""
_GZIP = 31


class Unreadable(Exception):
    """What is behind the lines read so far cannot be read; the text says why."""


def lines(path: Path) -> Iterator[bytes]:
    """The whole lines of a part, without their newlines. Raises `Unreadable` behind the last one, and `OSError`."""
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
                raise Unreadable(f"a line of more than {LINE_BYTES} bytes is no event's")
    if rest:
        raise Unreadable("the file ends within a line: it was cut")


def _unpacked(file: BinaryIO) -> Iterator[bytes]:
    """Blocks of at most `BLOCK` bytes, member by member."""
    decoder = None
    packed, more = b"", False
    while more or packed or (packed := file.read(BLOCK)):
        decoder = decoder or zlib.decompressobj(wbits=_GZIP)
        try:
            block = decoder.decompress(packed, BLOCK)
        except zlib.error as error:
            raise Unreadable(f"a gzip member is damaged ({error})") from None
        yield block
        more = len(block) == BLOCK and not decoder.eof
        packed = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        if decoder.eof:
            decoder = None
    if decoder:
        raise Unreadable("the file ends within a gzip member: it is torn or cut")
