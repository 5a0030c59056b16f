"""When to try again: jittered exponential backoff for an outage, a steady probe for a misconfiguration."""

import threading
import time

from forwarder.http_client import backoff

PROBE_INTERVAL = 20.0
"""Seconds between two tries of a misconfigured destination."""


class Backoff:
    """Lets calls pass, or holds them back until a time (monotonic seconds). Safe from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed_at = 0.0
        self._until = 0.0
        self._failures = 0

    def record_success(self, started: float) -> None:
        """A call that started at `started` (monotonic seconds) succeeded, which says nothing of a later failure."""
        with self._lock:
            if started >= self._failed_at:
                self._until, self._failures = 0.0, 0

    def back_off(self, after: float | None) -> None:
        """Wait `after` seconds where the other side asked for them, else a growing, jittered time."""
        self._hold(backoff(0.25, self._failures) if after is None else after)

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
