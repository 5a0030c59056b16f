"""The working-hours calendar that off-hours rules read, made from time zones, hours per group, people and holidays.

Rules cannot convert time zones, so each row covers a range of days with its UTC offset; daylight saving and holidays
start a new row. Rows of one user never overlap. Rows start and end at midnight UTC, so the limits of a holiday are off
by the UTC offset.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DEFAULT_GROUP = "*"
"""The default group, and the user in its row."""
DAY = timedelta(days=1)
NO_WORK_DAYS = "0"


class WorkingHours(NamedTuple):
    """Working hours of a group: minutes from local midnight, days as digits from 1 (Monday) to 7."""

    zone: ZoneInfo
    start: int
    end: int
    days: str


class CalendarRow(NamedTuple):
    """One row of `claude_calendar`, valid from `valid_from` until before `valid_to`."""

    user: str
    valid_from: date
    valid_to: date
    utc_offset_minutes: int
    work_start: int
    work_end: int
    work_days: str


def calendar_rows(
    people: Iterable[tuple[str, str]],
    groups: dict[str, WorkingHours],
    holidays: dict[str, set[date]],
    first: date,
    last: date,
) -> Iterator[CalendarRow]:
    """The rows of all users from `first` until before `last`; `people` are pairs of user and group.

    The group `*` is the default of users without a group; its holidays apply to all groups. Raises `KeyError` for an
    unknown group.
    """
    pairs = [(DEFAULT_GROUP, DEFAULT_GROUP), *people] if DEFAULT_GROUP in groups else list(people)
    periods = {name: list(_periods(hours, _days_off(name, holidays), first, last)) for name, hours in groups.items()}
    for user, group in pairs:
        for begin, end, offset, work_days in periods[group]:
            hours = groups[group]
            yield CalendarRow(user, begin, end, offset, hours.start, hours.end, work_days)


def _days_off(group: str, holidays: dict[str, set[date]]) -> set[date]:
    return holidays.get(DEFAULT_GROUP, set()) | holidays.get(group, set())


def _periods(hours: WorkingHours, off: set[date], first: date, last: date) -> Iterator[tuple[date, date, int, str]]:
    """Ranges of days with the same offset and work days."""
    begin, current = first, _of_day(hours, off, first)
    day = first + DAY
    while day < last:
        values = _of_day(hours, off, day)
        if values != current:
            yield (begin, day, *current)
            begin, current = day, values
        day += DAY
    yield (begin, last, *current)


def _of_day(hours: WorkingHours, off: set[date], day: date) -> tuple[int, str]:
    """UTC offset and work days of a day. The offset at noon applies to working hours even when the clocks change."""
    offset = datetime(day.year, day.month, day.day, 12, tzinfo=hours.zone).utcoffset() or timedelta()
    return int(offset.total_seconds() // 60), NO_WORK_DAYS if day in off else hours.days
