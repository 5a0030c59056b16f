"""Log lines that come again and again: one of a kind in an interval, and how many were held back since."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass


@dataclass
class _Line:
    admitted: float
    """When it was last admitted."""
    held_back: int
    """Since then."""


class LogRateLimit:
    """Admits one line of a kind every `seconds`, of at most `kinds` kinds at once; all others count as one kind."""

    def __init__(self, seconds: float = 60.0, kinds: int = 64, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._kinds = kinds
        self._now = now
        self._lines: dict[Hashable, _Line] = {}
        self._others = _Line(float("-inf"), 0)

    def admit(self, kind: Hashable) -> int | None:
        """How many lines of this kind were held back since the last that was admitted; `None`: hold this one back."""
        now = self._now()
        if kind not in self._lines and len(self._lines) >= self._kinds:
            self._forget(now)
        known = kind in self._lines
        line = self._lines[kind] if known else self._others
        if not known and len(self._lines) < self._kinds:
            self._lines[kind] = _Line(now, 0)
            return 0
        if now - line.admitted < self._seconds:
            line.held_back += 1
            return None
        held_back, line.admitted, line.held_back = line.held_back, now, 0
        return held_back

    def _forget(self, now: float) -> None:
        """Forget kinds that have not come for an interval; what they held back counts with the others."""
        for kind, line in list(self._lines.items()):
            if now - line.admitted >= self._seconds:
                self._others.held_back += line.held_back
                del self._lines[kind]
