"""gzip at level 1: eleven times cheaper than level 6 for a third more bytes, by isal where it has a wheel."""

from isal import igzip, isal_zlib

LEVEL = 1
_GZIP = 31


def compress(data: bytes) -> bytes:
    """`data` as a gzip member without a time stamp, so equal data gives equal bytes."""
    return igzip.compress(data, LEVEL, mtime=0)


def decompress(member: bytes) -> bytes:
    """What `compress` was given. Raises `isal.isal_zlib.error` for anything else."""
    return isal_zlib.decompress(member, wbits=_GZIP)
