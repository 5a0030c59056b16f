"""Refused records and events in the log: the first of a kind at once, then a line a minute with their number.

Otherwise a destination that refuses every hundredth event, or a client that sends a bad record a second, would write a
line per event.
"""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import structlog

INTERVAL = 60.0
"""Seconds between two lines about refusals of one kind."""
MOST_KINDS = 100
"""Reasons come from destinations and clients; beyond this many, they are counted together as `OTHERS`."""
OTHERS = "(others)"
_log = structlog.get_logger()


class _Refusals(NamedTuple):
    """Those since the last line, one of them as an example, and when that line was written."""

    number: int
    example: str | None
    logged_at: float


class RefusalLog:
    """Counts refusals by who refused and why. Safe from many threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._kinds: dict[tuple[str, str], _Refusals] = {}

    def count(self, by: str, reason: str, number: int, example: str | None) -> str:
        """Count refusals of one kind; returns the reason under which they are counted."""
        with self._lock:
            if (by, reason) not in self._kinds and len(self._kinds) >= MOST_KINDS:
                reason = OTHERS
            before = self._kinds.get((by, reason), _Refusals(0, None, float("-inf")))
            self._kinds[by, reason] = _Refusals(before.number + number, example or before.example, before.logged_at)
        self.flush()
        return reason

    def flush(self, *, everything: bool = False) -> None:
        """Log what is due; with `everything`, all that was not logged yet. Call it regularly, and at the end."""
        with self._lock:
            now = self._now()
            due = [
                (by, reason, kind)
                for (by, reason), kind in self._kinds.items()
                if kind.number and (everything or now - kind.logged_at >= INTERVAL)
            ]
            for by, reason, _ in due:
                self._kinds[by, reason] = _Refusals(0, None, now)
        for by, reason, kind in due:
            _log.warning("refused", by=by, reason=reason, number=kind.number, example=kind.example)
