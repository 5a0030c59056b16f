"""What time it is: Anthropic's where a source has heard it, so that a local clock that jumps ages nothing."""

import time
from collections.abc import Callable, Sequence

from forwarder.sources import Source

Clock = Callable[[], int]
"""Microseconds since 1970 UTC."""


def local_us() -> int:
    """By the local clock."""
    return time.time_ns() // 1000


def clock_of(sources: Sequence[Source]) -> Clock:
    """The clock of the first source; the local one without any."""
    return sources[0].now_us if sources else local_us
