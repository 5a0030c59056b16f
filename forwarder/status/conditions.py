"""What is wrong right now, by subject; the forwarder is red while a condition has outlasted its grace."""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple


class Condition(NamedTuple):
    """Something wrong since `since` (monotonic seconds), red after `grace` seconds."""

    reason: str
    since: float
    grace: float


class Conditions:
    """Safe from many threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._reported: dict[str, Condition] = {}

    def report(self, subject: str, reason: str, grace: float = 0.0) -> bool:
        """Note that something is wrong with `subject`. True when it was not known to be, or for another reason."""
        with self._lock:
            before = self._reported.get(subject)
            since = before.since if before else self._now()
            self._reported[subject] = Condition(reason, since, grace)
            return before is None or before.reason != reason

    def resolve(self, subject: str) -> bool:
        """Note that `subject` is well. True when it was not."""
        with self._lock:
            return self._reported.pop(subject, None) is not None

    def red(self) -> dict[str, str]:
        """Subjects and reasons whose grace is over; empty when the forwarder is ready."""
        with self._lock:
            now = self._now()
            return {s: c.reason for s, c in sorted(self._reported.items()) if now - c.since >= c.grace}
