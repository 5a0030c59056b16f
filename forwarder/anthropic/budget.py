"""One request budget a parent organization, shared by all sources of an account.

Facts (Compliance API, Errors and rate limits): 600 requests a minute per parent organization over all keys;
every authenticated answer carries `anthropic-ratelimit-requests-remaining` and `-reset`; a 429 carries
`retry-after`.
"""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime

RESERVE = 5
"""Requests left to other users of the same budget before we wait for its reset."""


class RequestBudget:
    """Says how long to wait before the next request. Safe from many threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._closed_until = 0.0

    def pause(self) -> float:
        """Seconds until the next request may go; 0 when it may go now."""
        with self._lock:
            return max(0.0, self._closed_until - self._now())

    def observe(self, headers: Mapping[str, str], server_now: float) -> None:
        """Learn from an answer: nearly nothing left means waiting for the reset."""
        remaining, reset = (headers.get(f"anthropic-ratelimit-requests-{k}") for k in ("remaining", "reset"))
        if remaining is None or reset is None or not remaining.isdigit() or int(remaining) > RESERVE:
            return
        try:
            wait = datetime.fromisoformat(reset).timestamp() - server_now
        except ValueError:
            return
        self.close(min(wait, 60.0))

    def close(self, seconds: float) -> None:
        """Hold all requests back for `seconds`."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._now() + seconds)
