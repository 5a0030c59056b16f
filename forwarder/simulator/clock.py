"""The simulator's own time: the real clock × speed + offset, so that a test can live a day in a second."""

import time
from datetime import UTC, datetime
from email.utils import formatdate

SECOND = 1_000_000
"""Microseconds in a second."""
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND


class SimulatedClock:
    """Microseconds since 1970-01-01 UTC that pass `speed` times as fast as real ones; with `speed=0` time stops."""

    def __init__(self, start: datetime | None = None, speed: float = 1.0) -> None:
        self._speed = speed
        self._anchor = time.monotonic_ns()
        self._base_us = time.time_ns() // 1000 if start is None else micros(start)

    def now_us(self) -> int:
        """The time it is, in microseconds."""
        return self._base_us + int((time.monotonic_ns() - self._anchor) * self._speed) // 1000

    def now(self) -> datetime:
        """The time it is, with its zone."""
        return from_micros(self.now_us())

    def run(self, speed: float) -> None:
        """Pass so many times as fast from now on."""
        self._base_us, self._anchor, self._speed = self.now_us(), time.monotonic_ns(), speed

    def advance(self, seconds: float) -> None:
        """Jump forward (or back: a skewed clock) by so many simulated seconds."""
        self._base_us += round(seconds * SECOND)

    def http_date(self) -> str:
        """The time as a `Date` header has it (RFC 9110)."""
        return formatdate(self.now_us() / SECOND, usegmt=True)


def micros(when: datetime) -> int:
    """Whole microseconds since the epoch, without the rounding of `timestamp()`."""
    gap = when - datetime(1970, 1, 1, tzinfo=UTC)
    return (gap.days * 86_400 + gap.seconds) * SECOND + gap.microseconds


def from_micros(us: int) -> datetime:
    """The datetime in UTC of whole microseconds since the epoch."""
    return datetime.fromtimestamp(us // SECOND, tz=UTC).replace(microsecond=us % SECOND)


def rfc3339(us: int) -> str:
    """`2026-05-08T12:18:11.000538Z`, or without a fraction when there is none (the documented samples)."""
    text = from_micros(us).isoformat()
    return text.replace("+00:00", "Z")
