"""The id set's arithmetic: digests of 64 bits (`forwarder.identity`), packed eight bytes each.

A look-up compares a page only with ids of the same stretch of time, so of n known ids there a new row is taken
for a known one with probability n / 2^64: at 100,000 ids, once in 180 million million rows.
"""

from array import array
from collections.abc import Iterable


def packed(digests: Iterable[int]) -> bytes:
    """Digests as a blob."""
    return array("Q", digests).tobytes()


def unpacked(blob: bytes) -> "array[int]":
    """The digests of a blob."""
    digests = array("Q")
    digests.frombytes(blob)
    return digests
