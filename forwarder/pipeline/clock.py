"""The current time by Anthropic's clock where a source knows it, so that a local clock that jumps expires nothing."""

import time
from collections.abc import Callable, Sequence

from forwarder.sources import Source

Clock = Callable[[], int]
"""Microseconds since 1970 UTC."""


def local_us() -> int:
    """The local clock."""
    return time.time_ns() // 1000


def clock_of(sources: Sequence[Source]) -> Clock:
    """The clock of the first source; the local clock without sources."""
    return sources[0].now_us if sources else local_us
