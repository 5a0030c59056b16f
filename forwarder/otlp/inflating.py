"""Bodies as they were before compression. Invariant: never inflates beyond what the limits allow."""

import zlib
from typing import Any

from isal import isal_zlib

from forwarder.otlp.limits import Limits
from forwarder.otlp.refusal import INVALID_ARGUMENT, RESOURCE_EXHAUSTED, Refusal, malformed

WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Content-Encoding → zlib's `wbits`."""
RAW = -15
_FREE = 1024 * 1024
"""Bytes that a body may always grow to."""
_STEP = 1024 * 1024
_ERRORS: tuple[Any, ...] = (isal_zlib.error, zlib.error, EOFError)


def inflated(body: bytes, encoding: str, limits: Limits) -> bytes:
    """The body as it was. Raises `Refusal`: 415 unknown encoding, 400 broken, 413 too large or a compression bomb."""
    if encoding in ("", "identity"):
        return body
    if encoding not in WINDOWS:
        known = ", ".join(("identity", "gzip", "deflate"))
        raise Refusal(415, INVALID_ARGUMENT, f"Content-Encoding {encoding[:64]!r} is not one of {known}")
    try:
        return _grown(body, WINDOWS[encoding], limits)
    except _ERRORS as error:
        if encoding != "deflate":
            raise malformed(f"the body is no {encoding}: {error}") from None
    try:
        return _grown(body, RAW, limits)  # what some clients call deflate has no zlib header
    except _ERRORS as error:
        raise malformed(f"the body is no deflate: {error}") from None


def _grown(body: bytes, window: int, limits: Limits) -> bytes:
    most = min(limits.inflated_bytes, max(_FREE, limits.ratio * len(body)))
    pieces: list[bytes] = []
    size = 0
    rest = body
    while rest:
        stream = isal_zlib.decompressobj(wbits=window)
        while not stream.eof:
            piece = stream.decompress(rest, _STEP)
            rest = stream.unconsumed_tail
            if not piece and not rest and not stream.eof:
                raise EOFError("it ends before its end")
            size += len(piece)
            if size > most:
                raise Refusal(413, RESOURCE_EXHAUSTED, f"the body inflates beyond {most} bytes")
            pieces.append(piece)
        rest = stream.unused_data if window == WINDOWS["gzip"] else b""  # gzip may have several members
    return b"".join(pieces)
