"""The time, by three clocks of which none is believed alone: Anthropic's answers, the local clock, and the last time
at which these two agreed, carried on by the monotonic clock.

Fact: `Date` has whole seconds, and whatever stands between (cache, proxy, gateway) can set it.

Invariants:
- Time is taken from good answers only: a 200 whose body was read as documented and that comes from no cache.
- Anthropic's time counts while one of the other two clocks is within `TOLERANCE` of it; the third is then ignored.
- `earliest_us` is behind no clock that counts: what may only move with proven time, moves with it.
- Anthropic's time, when nothing agrees with it, is reported, and moves nothing.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

SECOND_US = 1_000_000
TOLERANCE_US = 300 * SECOND_US
"""Clocks that differ by no more agree: what Kerberos and tokens allow, and less than `overlap` forgives."""
OLDEST_US = 1_767_225_600 * SECOND_US
"""2026-01-01: this program is younger, so a clock behind it was never set and does not count."""
AGREEING_ANSWERS = 3
"""So many answers in a row with one time are better for naming the time than one other clock."""


class ClockReading(NamedTuple):
    """What time it is, in microseconds since 1970 UTC."""

    now_us: int
    """The likeliest: for timestamps."""
    earliest_us: int
    """It is not earlier, by every clock that counts."""
    latest_us: int
    """It is not later, by every clock that counts."""
    disagreement: str = ""
    """Why Anthropic's answers do not count; empty when they do."""

    def is_ahead(self, time_us: int) -> bool:
        """Whether a time lies in the future by every clock, so that only a wrong one can have given it."""
        return time_us > self.latest_us + TOLERANCE_US


def local_us() -> int:
    """The local clock, in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def read_date(date: str | None) -> int | None:
    """Microseconds since 1970 UTC of a `Date` header (RFC 9110); `None` where it cannot be read."""
    try:
        return int(parsedate_to_datetime(date or "").timestamp()) * SECOND_US
    except (TypeError, ValueError, OverflowError):
        return None


class ServerClock:
    """Anthropic's time as one client sees it. `local`: microseconds; `monotonic`: seconds."""

    def __init__(self, local: Callable[[], int] = local_us, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._local = local
        self._monotonic = monotonic
        self._answered: _Instant | None = None
        self._agreed: _Instant | None = None
        self._answers = 0
        self.skew_seconds = 0.0
        """The last good answer's time minus local time."""

    def observe(self, date: str | None) -> None:
        """Take the `Date` of a good answer. One that cannot be read is ignored."""
        dated_us = read_date(date)
        if dated_us is None or dated_us < OLDEST_US:
            return
        now, local = self._monotonic(), self._local()
        before = self._answered
        self._answers = self._answers + 1 if before and _agree(before.carried_to(now), dated_us) else 1
        self._answered = _Instant(dated_us, now)
        if _agree(dated_us, local):
            self._agreed = self._answered
        self.skew_seconds = (dated_us - local) / SECOND_US

    @property
    def synchronized(self) -> bool:
        """Whether a good answer has had a time yet."""
        return self._answered is not None

    def now_us(self) -> int:
        """The likeliest time in microseconds since 1970 UTC."""
        return self.reading().now_us

    def reading(self) -> ClockReading:
        """What time it is by all clocks together."""
        local = self._local()
        if self._answered is None:
            return ClockReading(local, local, local)
        now = self._monotonic()
        answered = self._answered.carried_to(now)
        others = [local] if local >= OLDEST_US else []
        if self._agreed:
            others.insert(0, self._agreed.carried_to(now))
        agreeing = [other for other in others if _agree(answered, other)]
        if agreeing:
            return ClockReading(answered, min(answered, *agreeing), max(answered, *agreeing))
        outvoted = len(others) > 1 and _agree(*others)
        counting = others if outvoted else [answered, *others]
        believes = not others or (self._answers >= AGREEING_ANSWERS and not outvoted)
        problem = _disagreement(answered, local, self._agreed is not None)
        return ClockReading(answered if believes else others[0], min(counting), max(counting), problem)


class _Instant(NamedTuple):
    """A time, and when it was: in microseconds, and in monotonic seconds."""

    time_us: int
    at: float

    def carried_to(self, now: float) -> int:
        """The time at the monotonic time `now`."""
        return self.time_us + int((now - self.at) * SECOND_US)


def _agree(one_us: int, other_us: int) -> bool:
    return abs(one_us - other_us) <= TOLERANCE_US


def _disagreement(answered_us: int, local_us: int, had_agreed: bool) -> str:
    gap = (answered_us - local_us) // SECOND_US
    others = "the local clock and earlier answers" if had_agreed else "the local clock"
    return (
        f"Anthropic's answers are dated {_text(answered_us)}, {abs(gap)} s {'ahead of' if gap > 0 else 'behind'} "
        f"{others} ({_text(local_us)}); new records are collected, but nothing counts as read for good; synchronize "
        f"the local clock, or find the proxy or cache that changes the header `Date`"
    )


def _text(time_us: int) -> str:
    try:
        return datetime.fromtimestamp(time_us // SECOND_US, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{time_us // SECOND_US} s"
