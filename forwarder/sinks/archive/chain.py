"""The chain: a line holds the hash of the line before, and its own over that, its number and its event.

`{"seq":N,"prev":HASH,"hash":HASH,"event":EVENT}`, compact and in this order: what is hashed is EVENT's very bytes.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple

GENESIS = "0" * 64
"""What the first line has before it."""

_LINE = re.compile(
    rb'\{"seq":([1-9][0-9]{0,18}),"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})","event":(.*)\}', re.DOTALL
)


class Line(NamedTuple):
    """A line as it was read."""

    seq: int
    prev: str
    hash: str
    event: bytes

    def proven(self) -> str:
        """The hash that this line should have."""
        return link(self.prev, self.seq, self.event)


def link(prev: str, seq: int, event: bytes) -> str:
    """The hash of an event in its place."""
    return hashlib.sha256(b"%s %d " % (prev.encode(), seq) + event).hexdigest()


def chained(events: Iterable[bytes], seq: int, last: str) -> tuple[list[bytes], int, str]:
    """The lines of `events`, and where the chain stands behind them."""
    lines = []
    for event in events:
        seq += 1
        own = link(last, seq, event)
        lines.append(b'{"seq":%d,"prev":"%s","hash":"%s","event":%s}\n' % (seq, last.encode(), own.encode(), event))
        last = own
    return lines, seq, last


def parsed(raw: bytes) -> Line | None:
    """The line that `raw` (without its newline) holds; `None` when it is none."""
    match = _LINE.fullmatch(raw)
    if match is None:
        return None
    seq, prev, own, event = match.groups()
    return Line(int(seq), prev.decode(), own.decode(), event)
