"""The current time, and when to try again.

- The clock is that of the first source (see `anthropic.clock`), so that a local clock that jumps expires nothing.
- Retries use jittered exponential backoff for an outage, and a steady probe for a misconfiguration.
"""

import threading
import time
from collections.abc import Callable, Sequence

from forwarder.anthropic import local_us
from forwarder.http_client import backoff
from forwarder.sources import Source

Clock = Callable[[], int]
"""Microseconds since 1970 UTC."""
GRACE = 20.0
"""Seconds from the request to stop until the process has ended."""
PROBE_INTERVAL = 20.0
"""Seconds between two tries of a misconfigured destination."""


def clock_of(sources: Sequence[Source]) -> Clock:
    """The clock of the first source; the local clock without sources."""
    return sources[0].now_us if sources else local_us


class Backoff:
    """Lets calls pass, or holds them back until a time (monotonic seconds). Safe from many threads.

    `first`: seconds of the first wait, of which the others grow.
    """

    def __init__(self, first: float = 0.25) -> None:
        self._first = first
        self._lock = threading.Lock()
        self._failed_at = 0.0
        self._until = 0.0
        self._failures = 0

    def record_success(self, started: float) -> bool:
        """A call that started at `started` (monotonic seconds) succeeded; False where a failure came later."""
        with self._lock:
            if started < self._failed_at:
                return False
            self._until, self._failures = 0.0, 0
            return True

    def back_off(self, after: float | None) -> None:
        """Wait `after` seconds where the other side asked for them, else a growing, jittered time."""
        self._hold(backoff(self._first, self._failures) if after is None else after)

    def probe_later(self) -> None:
        """Wait until the next probe."""
        self._hold(PROBE_INTERVAL)

    def remaining(self) -> float:
        """Seconds until the next try."""
        with self._lock:
            return max(0.0, self._until - time.monotonic())

    def _hold(self, seconds: float) -> None:
        with self._lock:
            self._failures += 1
            self._failed_at = time.monotonic()
            self._until = max(self._until, self._failed_at + seconds)
