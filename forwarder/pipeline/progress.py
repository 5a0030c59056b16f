"""The progress of a command, and whether it has stalled."""

import time
from collections.abc import Mapping

STALLED_AFTER = 60.0
"""Seconds without progress after which a command gives up; what is undelivered stays in the store."""

StepCount = tuple[int, int]
"""Done, and the total known so far."""
Steps = Mapping[str, StepCount]


class StallDetector:
    """Detects that a progress value has not changed for `STALLED_AFTER` seconds."""

    def __init__(self) -> None:
        self._last: object = None
        self._since = time.monotonic()

    def stalled(self, progress: object) -> bool:
        """Whether `progress` has been the same for too long. Call it regularly."""
        if progress != self._last:
            self._last, self._since = progress, time.monotonic()
        return time.monotonic() - self._since > STALLED_AFTER
