"""gzip at level 1 with isal: eleven times faster than level 6 for a third more bytes; and what others have compressed.

Invariant: the work for data of others grows with its bytes and with what it becomes, whatever is in it. One reader
reads a stream from its beginning to its end: a reader for each member would copy the rest of the data each time.
"""

import io
import zlib
from typing import Any

from isal import igzip, isal_zlib

LEVEL = 1
_GZIP = 31
_RAW, _ZLIB = -15, 15
_PIECE = 64 * 1024
_STEP = 1024 * 1024
_DAMAGED: tuple[Any, ...] = (isal_zlib.error, zlib.error, EOFError, igzip.BadGzipFile)


class DamagedStream(Exception):
    """The data is not compressed in this way."""


class TooLarge(Exception):
    """The data becomes larger than the caller takes."""


def compress(data: bytes) -> bytes:
    """`data` as a gzip member without a timestamp, so that equal data gives equal bytes."""
    return igzip.compress(data, LEVEL, mtime=0)


def decompress(member: bytes) -> bytes:
    """The data of a gzip member of ours. Raises `isal.isal_zlib.error` for anything else."""
    return isal_zlib.decompress(member, wbits=_GZIP)


def read_gzip(data: bytes, most: int) -> bytes:
    """The data of all members of a gzip stream. Raises `DamagedStream`, and `TooLarge` beyond `most` bytes."""
    pieces: list[bytes] = []
    size = 0
    try:
        with igzip.IGzipFile(fileobj=io.BytesIO(data), mode="rb") as stream:  # type: ignore[no-untyped-call]
            while piece := stream.read(_STEP):
                size += len(piece)
                if size > most:
                    raise TooLarge
                pieces.append(piece)
    except _DAMAGED as error:
        raise DamagedStream(str(error)) from None
    return b"".join(pieces)


def read_deflate(data: bytes, most: int) -> bytes:
    """The data of a zlib stream, or of the deflate stream that some clients send without zlib's header.

    Raises as `read_gzip` does.
    """
    try:
        return _inflated(data, _ZLIB, most)
    except _DAMAGED:
        pass
    try:
        return _inflated(data, _RAW, most)
    except _DAMAGED as error:
        raise DamagedStream(str(error)) from None


def _inflated(data: bytes, window: int, most: int) -> bytes:
    stream = isal_zlib.decompressobj(wbits=window)
    pieces: list[bytes] = []
    size = 0
    for at in range(0, len(data), _PIECE):
        rest = data[at : at + _PIECE]
        while rest and not stream.eof:
            piece = stream.decompress(rest, _STEP)
            rest = stream.unconsumed_tail
            size += len(piece)
            if size > most:
                raise TooLarge
            pieces.append(piece)
        if stream.eof:
            return b"".join(pieces)
    raise EOFError("it ends before its end")
