"""When to try again: jittered backoff for an outage, a steady probe for a misconfiguration."""

import threading
import time

from forwarder.http_client import backoff

PROBE = 20.0
"""Seconds between two tries of a misconfigured destination."""


class Backoff:
    """Open, or closed until a moment. Safe from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed_at = 0.0
        self._closed_until = 0.0
        self._failures = 0

    def open(self, began: float) -> None:
        """Something that began at `began` (monotonic seconds) worked: no proof against a later failure."""
        with self._lock:
            if began >= self._closed_at:
                self._closed_until, self._failures = 0.0, 0

    def back_off(self, after: float | None) -> None:
        """Close for `after` seconds where the other side said so, else for a growing, jittered while."""
        self._close(backoff(0.25, self._failures) if after is None else after)

    def probe(self) -> None:
        """Close until the next probe."""
        self._close(PROBE)

    def wait(self) -> float:
        """Seconds until the next try."""
        with self._lock:
            return max(0.0, self._closed_until - time.monotonic())

    def _close(self, seconds: float) -> None:
        with self._lock:
            self._failures += 1
            self._closed_at = time.monotonic()
            self._closed_until = max(self._closed_until, self._closed_at + seconds)
