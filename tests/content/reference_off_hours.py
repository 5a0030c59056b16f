"""Activity outside the calendar, and usual hours, in Python."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tests.content.reference import DAY, HOUR, RuleEvent, by, by_time, is_fresh


class Period(NamedTuple):
    """A row of the calendar."""

    user: str
    valid_from: float
    valid_to: float
    utc_offset_minutes: int
    work_start: int
    work_end: int
    work_days: str


class Kind(NamedTuple):
    """What a person did in a night."""

    user: str
    night: str
    action: str


class Unusual(NamedTuple):
    """Events of a user or key at unusual hours."""

    events: list[RuleEvent]
    usual: set[int]
    """The hours of the baseline."""
    days: int
    """Days in the baseline."""

    def row(self) -> dict[str, Any]:
        """Columns shared by the rules on unusual hours."""
        return {
            "hours_away": max(_hours_away(one, self.usual) for one in self.events),
            "usual_hours": " ".join(f"{hour:02}" for hour in sorted(self.usual)),
            "days": self.days,
            **address_columns(self.events),
        }


_DEFAULT = Period("*", 0, 4_102_444_800, 0, 360, 1320, "12345")


def nights(events: Iterable[RuleEvent], lookups: Mapping[str, str]) -> dict[tuple[str, str], list[RuleEvent]]:
    """Events of each user in each night, weekend or holiday; a night has the date of its first day."""
    calendar = _calendar(lookups.get("claude_calendar"))
    found: dict[tuple[str, str], list[RuleEvent]] = {}
    for one in events:
        if one.actor_type != "user_actor" or one.backfilled or one.code.endswith("_viewed") or one.user is None:
            continue
        user = one.user.lower()
        period = _period(calendar, user, one.time)
        local = datetime.fromtimestamp(one.time + period.utc_offset_minutes * 60, UTC)
        minute = local.hour * 60 + local.minute
        works = str(local.isoweekday()) in period.work_days
        if not (works and period.work_start <= minute < period.work_end):
            began = datetime.fromtimestamp(local.timestamp() - DAY / 2, UTC)
            found.setdefault((user, f"{began:%Y-%m-%d}"), []).append(one)
    return found


def address_columns(events: Sequence[RuleEvent]) -> dict[str, Any]:
    """Columns about addresses that several rules return."""
    addresses = {one.src_ip for one in events if one.src_ip}
    return {"src_ips": len(addresses), "src_ip": ", ".join(sorted(addresses)[:10])}


def kinds_first_seen(events: Iterable[RuleEvent], lookups: Mapping[str, str]) -> Iterator[tuple[Kind, list[RuleEvent]]]:
    """Each person's events of one kind in one night, if none of them had arrived before the last run."""
    for (user, night), own in nights(events, lookups).items():
        for (code,), of_kind in by(own, "code").items():
            if all(is_fresh([one]) for one in of_kind):
                yield Kind(user, night, code), of_kind


def first_and_last(events: Sequence[RuleEvent]) -> tuple[float, float]:
    """Time of the first and the last event."""
    times = [one.time for one in events]
    return min(times), max(times)


def unusual_days(own: Sequence[RuleEvent], away: int) -> Iterator[tuple[float, Unusual]]:
    """Of each day, the live events that are `away` hours or more from every hour of the days before."""
    days = by_time(own, DAY)
    for day, held in days.items():
        past = [one for other in days if other < day for one in days[other]]
        usual = {_hour(one) for one in past}
        far = [one for one in held if not one.backfilled and usual and _hours_away(one, usual) >= away]
        if far:
            yield day, Unusual(far, usual, sum(other < day for other in days))


def _hour(one: RuleEvent) -> int:
    """Of the day, UTC, in which it happened."""
    return int(one.time % DAY // HOUR)


def _hours_away(one: RuleEvent, hours: Iterable[int]) -> int:
    """Clock hours between the event and the nearest of `hours`."""
    return min(min((_hour(one) - hour) % 24, (hour - _hour(one)) % 24) for hour in hours)


def _calendar(text: str | None) -> list[Period]:
    if text is None:
        return [_DEFAULT]
    rows = [line.split(",") for line in text.splitlines()[1:]]
    return [
        Period(row[0].lower(), _day(row[1]), _day(row[2]), int(row[3]), int(row[4]), int(row[5]), row[6])
        for row in rows
    ]


def _period(calendar: Sequence[Period], user: str, time: float) -> Period:
    """The user's own row, else the row `*`, else the default."""
    valid = [period for period in calendar if period.valid_from <= time < period.valid_to]
    own = [period for period in valid if period.user == user]
    everybody = [period for period in valid if period.user == "*"]
    return [*own, *everybody, _DEFAULT][0]


def _day(text: str) -> float:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
