"""How far a command has come, and whether it gets on."""

import time
from collections.abc import Mapping

WITHOUT_PROGRESS = 60.0
"""Seconds in which nothing got on, after which a command gives up; what it has is kept in the store."""

Step = tuple[int, int]
"""Done, and of how many so far."""
Steps = Mapping[str, Step]


class StallDetector:
    """Ends when what it is shown has not changed for `WITHOUT_PROGRESS` seconds."""

    def __init__(self) -> None:
        self._last: object = None
        self._since = time.monotonic()

    def ends(self, now: object) -> bool:
        """Show it how things are."""
        if now != self._last:
            self._last, self._since = now, time.monotonic()
        return time.monotonic() - self._since > WITHOUT_PROGRESS
