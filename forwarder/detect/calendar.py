"""The calendar of working hours that off-hours rules read, made from IANA zones, hours a group, people and holidays.

Rules cannot convert zones, so each row holds from a day until another and says the offset that then applies: daylight
saving, like a holiday, begins another row. Rows of one person never overlap. Rules read days as UTC's, so a row begins
and ends at midnight UTC: near it, a holiday is off by the zone's offset.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

EVERYBODY = "*"
"""The group of whoever is named nowhere, and their row's user."""
DAY = timedelta(days=1)
NO_DAY = "0"


class Hours(NamedTuple):
    """When a group works: minutes from local midnight, days as digits from 1, Monday, to 7."""

    zone: ZoneInfo
    start: int
    end: int
    days: str


class Row(NamedTuple):
    """One row of the calendar, valid from a day until before another."""

    user: str
    valid_from: date
    valid_to: date
    utc_offset_minutes: int
    work_start: int
    work_end: int
    work_days: str


def rows(
    people: Iterable[tuple[str, str]],
    groups: dict[str, Hours],
    holidays: dict[str, set[date]],
    first: date,
    last: date,
) -> Iterator[Row]:
    """The rows of everybody from `first` until before `last`; `people` are pairs of user and group.

    The group `*` gives the row of whoever has no own; holidays of `*` are everybody's. Raises `KeyError` for a group
    that is none.
    """
    pairs = [(EVERYBODY, EVERYBODY), *people] if EVERYBODY in groups else list(people)
    periods = {name: list(_periods(hours, _days_off(name, holidays), first, last)) for name, hours in groups.items()}
    for user, group in pairs:
        for begin, end, offset, work_days in periods[group]:
            hours = groups[group]
            yield Row(user, begin, end, offset, hours.start, hours.end, work_days)


def _days_off(group: str, holidays: dict[str, set[date]]) -> set[date]:
    return holidays.get(EVERYBODY, set()) | holidays.get(group, set())


def _periods(hours: Hours, off: set[date], first: date, last: date) -> Iterator[tuple[date, date, int, str]]:
    """Stretches of days on which nothing changes."""
    begin, told = first, _of_day(hours, off, first)
    day = first + DAY
    while day < last:
        now = _of_day(hours, off, day)
        if now != told:
            yield (begin, day, *told)
            begin, told = day, now
        day += DAY
    yield (begin, last, *told)


def _of_day(hours: Hours, off: set[date], day: date) -> tuple[int, str]:
    """The offset at noon, which holds for the working hours of a day on which the clocks change, and the days."""
    offset = datetime(day.year, day.month, day.day, 12, tzinfo=hours.zone).utcoffset() or timedelta()
    return int(offset.total_seconds() // 60), NO_DAY if day in off else hours.days
