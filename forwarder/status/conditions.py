"""Current problems by subject. The forwarder is red (not ready) while a problem has outlasted its grace period."""

import threading
import time
from collections.abc import Callable
from typing import NamedTuple


class Condition(NamedTuple):
    """A problem since `since` (monotonic seconds), red after `grace` seconds."""

    reason: str
    since: float
    grace: float


class Conditions:
    """The current problems. Safe from many threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._reported: dict[str, Condition] = {}

    def report(self, subject: str, reason: str, grace: float = 0.0) -> bool:
        """Report a problem with `subject`. True when it is new or has another reason than before."""
        with self._lock:
            before = self._reported.get(subject)
            since = before.since if before else self._now()
            self._reported[subject] = Condition(reason, since, grace)
            return before is None or before.reason != reason

    def resolve(self, subject: str) -> bool:
        """Report that `subject` has no problem. True when it had one."""
        with self._lock:
            return self._reported.pop(subject, None) is not None

    def red(self) -> dict[str, str]:
        """Subjects and reasons of all problems past their grace period; empty when the forwarder is ready."""
        with self._lock:
            now = self._now()
            return {s: c.reason for s, c in sorted(self._reported.items()) if now - c.since >= c.grace}
