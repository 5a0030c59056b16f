"""Log lines that come again and again: one of a kind in an interval, and how many were held back since."""

import time
from collections.abc import Callable, Hashable


class LogRateLimit:
    """Admits one line of a kind every `seconds`, of at most `kinds` kinds at once; all others count as one kind."""

    def __init__(self, seconds: float = 60.0, kinds: int = 64, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._kinds = kinds
        self._now = now
        self._lines: dict[Hashable, tuple[float, int]] = {}
        """By kind: when it was last admitted, and how many were held back since."""

    def admit(self, kind: Hashable) -> int | None:
        """How many lines of this kind were held back since the last that was admitted; `None`: hold this one back."""
        now = self._now()
        if kind not in self._lines and len(self._lines) >= self._kinds:
            self._lines = {k: line for k, line in self._lines.items() if now - line[0] < self._seconds}
            if len(self._lines) >= self._kinds:
                kind = None
        last, held_back = self._lines.get(kind, (-self._seconds, 0))
        if kind in self._lines and now - last < self._seconds:
            self._lines[kind] = (last, held_back + 1)
            return None
        self._lines[kind] = (now, 0)
        return held_back
