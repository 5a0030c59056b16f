"""Splunk's relative times (`-70m@m`, `@d`, `-1d@d+8h`), snapping and spans. In the searcher's zone, with a pinned now.

Source: Search Manual, *Specify time modifiers in your search* and *Date and time format variables*.
"""

import re
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta, timezone

from tests.spl.errors import SplError
from tests.spl.values import number

ZONE: ContextVar[timezone] = ContextVar("ZONE", default=UTC)
"""The time zone of the user who searches: of `@d`, `bin span=1d`, strftime, and of strptime without a zone."""
_SPELLINGS = {
    "s": "s sec secs second seconds",
    "m": "m min mins minute minutes",
    "h": "h hr hrs hour hours",
    "d": "d day days",
    "w": "w week weeks",
    "mon": "mon month months",
    "q": "q qtr qtrs quarter quarters",
    "y": "y yr yrs year years",
}
UNITS = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()}
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_MONTHS = {"mon": 1, "q": 3, "y": 12}
_STEP = re.compile(r"([+-])(\d*)([a-z]+)|@(w[0-7]|[a-z]+)")


def to_epoch(written: str, now: float, position: int | None = None) -> float:
    """The epoch seconds that a time modifier means: `now`, an epoch, a date or a relative time."""
    if written == "now":
        return now
    epoch = number(written)
    if epoch is not None and not written.startswith(("+", "-")):
        return epoch
    if re.fullmatch(r"\d\d/\d\d/\d{4}:\d\d:\d\d:\d\d", written):
        return datetime.strptime(written, "%m/%d/%Y:%H:%M:%S").replace(tzinfo=ZONE.get()).timestamp()
    return relative_time(now, written, position)


def relative_time(start: float, specifier: str, position: int | None = None) -> float:
    """`start` moved and snapped by each part of the specifier in turn."""
    at, result = 0, start
    while at < len(specifier):
        match = _STEP.match(specifier, at)
        if match is None:
            raise SplError(f"`{specifier}` is no relative time", position)
        result = _step(result, match, position)
        at = match.end()
    return result


def _step(start: float, match: re.Match[str], position: int | None) -> float:
    sign, amount, unit, snap = match.groups()
    if snap is not None:
        return _snap(start, snap, position)
    count = int(amount or 1) * (-1 if sign == "-" else 1)
    return _shift(start, count, _unit(unit, position))


def _unit(spelling: str, position: int | None) -> str:
    if spelling not in UNITS:
        raise SplError(f"`{spelling}` is no unit of time", position)
    return UNITS[spelling]


def _shift(start: float, count: int, unit: str) -> float:
    if unit in SECONDS:
        return start + count * SECONDS[unit]
    day = datetime.fromtimestamp(start, ZONE.get())
    months = day.year * 12 + day.month - 1 + count * _MONTHS[unit]
    last = (_month_start(months + 1) - timedelta(days=1)).day
    return day.replace(year=months // 12, month=months % 12 + 1, day=min(day.day, last)).timestamp()


def _month_start(months: int) -> datetime:
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=ZONE.get())


def _snap(start: float, spelling: str, position: int | None) -> float:
    """Snapping only ever goes back. `@w` and `@w0` are Sunday, `@w1` is Monday."""
    weekday = re.fullmatch(r"w([0-7])", spelling)
    unit = "w" if weekday else _unit(spelling, position)
    if unit in ("s", "m", "h", "d"):
        return bin_start(start, SECONDS[unit])
    day = datetime.fromtimestamp(bin_start(start, 86400), ZONE.get())
    if unit == "w":
        wanted = int(weekday[1]) if weekday else 0
        return (day - timedelta(days=(day.isoweekday() - wanted) % 7)).timestamp()
    first_month = (day.month - 1) // _MONTHS[unit] * _MONTHS[unit] + 1
    return day.replace(month=first_month, day=1).timestamp()


def bin_start(time: float, seconds: int) -> float:
    """The start of the bin of a time: of bins shorter than a day since 1970, of days since the searcher's midnight."""
    offset = 0.0 if seconds < SECONDS["d"] else ZONE.get().utcoffset(None).total_seconds()
    return (time + offset) // seconds * seconds - offset


def span_seconds(span: str, position: int | None = None) -> int:
    """The length of a fixed span such as `5m`, `1h` or `7d`, in seconds."""
    match = re.fullmatch(r"(\d*)([a-z]+)", span)
    unit = _unit(match[2], position) if match else ""
    if match is None or unit not in SECONDS:
        raise SplError(f"span `{span}` is not implemented", position)
    return int(match[1] or 1) * SECONDS[unit]


def bin_seconds(span: str, position: int | None = None) -> int:
    """The length of a time bin. Only spans whose bins are sure where to start.

    Those shorter than a day are aligned to epoch 0, days to midnight of the user's zone (*bin*, *timechart*).
    """
    seconds = span_seconds(span, position)
    if seconds == SECONDS["d"] and UNITS[span.lstrip("0123456789")] != "d":
        raise SplError(f"span={span}: for day boundaries write 1d", position)
    if seconds <= 0 or 86400 % seconds:
        raise SplError(f"span={span} does not divide a day: where such bins start is not documented", position)
    return seconds
