"""A rule on its schedule while events arrive: which findings it raises, and in which runs.

A SIEM stores an event when it arrives, not when it happened: minutes later, in bulk after an outage, twice, or out of
order. A run sees what has arrived, in both languages.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tests.content.execute import Kql, Rows, Spl
from tests.content.records import NOW, Collected, arrival, backfilled
from tools.content.analytics_rules import grouping
from tools.content.durations import minutes
from tools.content.folder import Detection

Identity = tuple[str, ...]
"""The values of the columns by which a rule suppresses."""
WATCHED = timedelta(hours=26)
"""How long before the end of the events runs are played. What arrived before is there."""


class Played(NamedTuple):
    """What the runs raised."""

    raised: Mapping[Identity, Sequence[datetime]]
    """The runs of each finding."""
    every: timedelta
    """Between two runs."""
    rows: Mapping[datetime, Rows]
    """What each run returned."""

    def repeated(self) -> dict[Identity, Sequence[datetime]]:
        """Findings raised more than once, beyond two runs that overlap: there suppression hides the second."""
        return {one: at for one, at in self.raised.items() if len(at) > 2 or at[-1] - at[0] > self.every}


def delivered(events: Iterable[Collected], delay: timedelta) -> list[Collected]:
    """The events as they arrive when the SIEM gets each of them so much later than the forwarder collected it."""
    return [one._replace(arrived=arrival(one) + delay) for one in events]


def twice(events: Iterable[Collected], later: timedelta) -> list[Collected]:
    """The events and a second copy of each, as a sender that did not get an answer makes it."""
    held = list(events)
    return [*held, *(one._replace(arrived=arrival(one) + later) for one in held)]


def with_backfilled_copies(events: Iterable[Collected], later: timedelta) -> list[Collected]:
    """The events and a backfilled copy of each that arrives so much `later`, or earlier where negative.

    A correction is read after what it corrects: no backfill brings it before.
    """
    held = list(events)
    first: dict[str, Collected] = {}
    for one in sorted(held, key=arrival):
        first.setdefault(one.event.key_fields.uid, one)
    return [*held, *(backfilled(one, arrival(one) + later) for one in first.values())]


def with_backfilled_history(events: Iterable[Collected], fresh: timedelta) -> list[Collected]:
    """All that arrived before the last run only by a backfill two days ago, as on the first day of an installation."""
    return [one if arrival(one) >= NOW - fresh else backfilled(one, NOW - timedelta(days=2)) for one in events]


def runs(
    detection: Detection, events: Iterable[Collected], start: datetime = NOW - WATCHED, end: datetime = NOW
) -> list[datetime]:
    """The runs between `start` and a little after `end` in which something new is seen, each with the one after it."""
    every = timedelta(minutes=minutes(detection.rule.schedule.every))
    seen = {_next_run(arrival(one), every) for one in events if start <= arrival(one) <= end + 2 * every}
    return sorted({at for first in seen | {_next_run(end, every)} for at in (first, first + every)})


def _next_run(time: datetime, every: timedelta) -> datetime:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return start + -(-(time - start) // every) * every


def play(
    detection: Detection, events: Sequence[Collected], lookups: Mapping[str, str], at: Sequence[datetime]
) -> dict[str, Played]:
    """The findings of these runs in each language."""
    kql, spl = Kql(events, lookups), Spl(events, lookups, NOW)
    lookback = detection.rule.schedule.lookback
    return {
        "kql": _played(detection, {time: kql.rows(detection.kql, time) for time in at}),
        "spl": _played(detection, {time: spl.rows(detection.spl, lookback, time) for time in at}),
    }


def _played(detection: Detection, found: Mapping[datetime, Rows]) -> Played:
    raised: dict[Identity, list[datetime]] = defaultdict(list)
    for time, rows in found.items():
        for identity in {tuple(str(row.get(column)) for column in detection.rule.suppress.by) for row in rows}:
            raised[identity].append(time)
    return Played(raised, timedelta(minutes=minutes(detection.rule.schedule.every)), found)


def alerts_in_splunk(detection: Detection, rows: Mapping[datetime, Rows]) -> int:
    """How many alerts an analyst sees: a row is suppressed for a time by the columns of the last alert that was not."""
    suppress = detection.rule.suppress
    return _seen(rows, suppress.by, timedelta(minutes=minutes(suppress.for_)))


def incidents_in_sentinel(detection: Detection, rows: Mapping[datetime, Rows]) -> int:
    """How many incidents an analyst sees who closes none: alerts with the same entities and details are one."""
    grouped = grouping(detection.rule)
    by_entity = [one.column for one in detection.rule.entities if one.type in grouped["groupByEntities"]]
    columns = [*by_entity, *grouped["groupByCustomDetails"]]
    return _seen(rows, columns, timedelta(minutes=minutes(grouped["lookbackDuration"])))


def _seen(rows: Mapping[datetime, Rows], columns: Sequence[str], period: timedelta) -> int:
    seen = 0
    last: dict[Identity, datetime] = {}
    for time in sorted(rows):
        for identity in {tuple(str(row.get(column)) for column in columns) for row in rows[time]}:
            if identity not in last or time - last[identity] >= period:
                last[identity] = time
                seen += 1
    return seen
