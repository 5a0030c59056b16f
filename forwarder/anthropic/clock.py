"""Anthropic's time, read from the `Date` header of its answers.

Invariant: "now" is never the local clock alone. Between two answers it advances by the monotonic clock, so a
local clock that jumps moves nothing.
"""

import time
from email.utils import parsedate_to_datetime


class ServerClock:
    """Server time as last heard, plus what has passed since."""

    def __init__(self) -> None:
        self._heard_us: int | None = None
        self._heard_at = 0.0
        self.skew_seconds = 0.0
        """Server time minus local time at the last answer."""

    def observe(self, date: str | None) -> None:
        """Take an answer's `Date` header. An unreadable one is passed over."""
        try:
            seconds = parsedate_to_datetime(date or "").timestamp()
        except (TypeError, ValueError):
            return
        self._heard_us = int(seconds) * 1_000_000
        self._heard_at = time.monotonic()
        self.skew_seconds = seconds - time.time()

    @property
    def heard(self) -> bool:
        """Whether the server has said its time yet."""
        return self._heard_us is not None

    def now_us(self) -> int:
        """Microseconds since 1970 UTC by the server; by the local clock only before the first answer."""
        if self._heard_us is None:
            return time.time_ns() // 1000
        return self._heard_us + int((time.monotonic() - self._heard_at) * 1_000_000)
