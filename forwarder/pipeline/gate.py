"""When to try again: jittered backoff for an outage, a steady probe for a misconfiguration."""

import random
import threading
import time

LONGEST_BACKOFF = 4.0
"""Seconds; so that delivery begins again within 5 s of a destination's return."""
PROBE = 20.0
"""Seconds between two tries of a misconfigured destination."""


class Gate:
    """Open, or closed until a moment. Safe from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed_until = 0.0
        self._failures = 0

    def open(self) -> None:
        """It works again."""
        with self._lock:
            self._closed_until, self._failures = 0.0, 0

    def back_off(self, after: float | None) -> None:
        """Close for `after` seconds where the other side said so, else for a growing, jittered while."""
        with self._lock:
            wait = min(LONGEST_BACKOFF, 0.25 * 2.0 ** min(self._failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311
            self._failures += 1
            self._closed_until = time.monotonic() + (wait if after is None else after)

    def probe(self) -> None:
        """Close until the next probe."""
        with self._lock:
            self._closed_until = time.monotonic() + PROBE

    def wait(self) -> float:
        """Seconds until the next try."""
        with self._lock:
            return max(0.0, self._closed_until - time.monotonic())
