"""`claude-siem lookups calendar`: working hours, from CSV files of groups, people and holidays."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from forwarder.cli.lookups.tables import Output, lines, write
from forwarder.detect.calendar import DEFAULT_GROUP, CalendarRow, WorkingHours, calendar_rows
from forwarder.errors import Misconfigured

_TIME = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_DAYS = {"Mon": "1", "Tue": "2", "Wed": "3", "Thu": "4", "Fri": "5", "Sat": "6", "Sun": "7"}


def calendar(
    groups: Annotated[
        Path, typer.Option(help="CSV: group,zone,start,end,days, such as berlin,Europe/Berlin,08:00,18:30,Mon-Fri.")
    ],
    people: Annotated[Path | None, typer.Option(help="CSV: user,group. All other users have the group *.")] = None,
    holidays: Annotated[Path | None, typer.Option(help="CSV: group,date. The group * applies to all groups.")] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; default: a month ago.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Number of days.")] = 760,
    output: Output = None,
) -> None:
    """Make claude_calendar.csv: the lookup file for Splunk, the watchlist ClaudeCalendar for Sentinel.

    Daylight saving and holidays become separate rows, because the rules cannot convert time zones.
    """
    begin = first.date() if first else datetime.now(UTC).date() - timedelta(days=31)
    known = {
        line["group"]: _hours(line, where) for where, line in lines(groups, "group", "zone", "start", "end", "days")
    }
    named = [(line["user"].lower(), _group(line, where, known)) for where, line in lines(people, "user", "group")]
    days_off: dict[str, set[date]] = {}
    for where, line in lines(holidays, "group", "date"):
        days_off.setdefault(_group(line, where, known | {DEFAULT_GROUP: None}), set()).add(_day(line["date"], where))
    write(output, CalendarRow._fields, calendar_rows(named, known, days_off, begin, begin + timedelta(days=days)))


def _hours(line: dict[str, str], where: str) -> WorkingHours:
    try:
        zone = ZoneInfo(line["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Misconfigured(f"{where}: {line['zone']!r} is not an IANA time zone such as Europe/Berlin") from None
    start, end = _minutes(line["start"], where), _minutes(line["end"], where)
    if start >= end:
        raise Misconfigured(f"{where}: end {line['end']} is not after start {line['start']}")
    return WorkingHours(zone, start, end, _days(line["days"], where))


def _minutes(text: str, where: str) -> int:
    found = _TIME.fullmatch(text)
    minutes = int(found[1]) * 60 + int(found[2]) if found else -1
    if not 0 <= minutes <= 1440:
        raise Misconfigured(f"{where}: {text!r} is not a time of day such as 08:30")
    return minutes


def _days(text: str, where: str) -> str:
    """`Mon-Fri`, `Sun-Thu` or `Mon,Wed` as digits."""
    digits = "".join(_DAYS.values())
    numbers: set[str] = set()
    for part in text.split(","):
        first, _, last = (word.strip() for word in part.partition("-"))
        if first not in _DAYS or (last or first) not in _DAYS:
            raise Misconfigured(f"{where}: {text!r} is not a list of days such as Mon-Fri or Mon,Wed,Sat")
        begin, end = digits.index(_DAYS[first]), digits.index(_DAYS[last or first])
        numbers |= set(digits[begin : end + 1] if begin <= end else digits[begin:] + digits[: end + 1])
    return "".join(sorted(numbers))


def _group(line: dict[str, str], where: str, known: dict[str, WorkingHours | None] | dict[str, WorkingHours]) -> str:
    if line["group"] not in known:
        raise Misconfigured(f"{where}: unknown group {line['group']!r}; use one of {', '.join(known)}")
    return line["group"]


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misconfigured(f"{where}: {text!r} is not a date such as 2026-12-25") from None
