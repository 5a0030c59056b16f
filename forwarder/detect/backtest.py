"""A backtest: the alerts that rules would have raised over past events, evaluated once per day or more often."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from forwarder.detect.engine import Engine, Library
from forwarder.detect.history import live_row
from forwarder.detect.rules import FRESH_PARAMETER, KqlRule

DAY = timedelta(days=1)
BATCH = 5_000
"""Rows loaded at once: Python objects need several times the memory of rows in the engine."""
HOUR = timedelta(hours=1)
"""How much of the time before it each evaluation looks at again."""


class Alert(NamedTuple):
    """The first alert of a rule about the same entities."""

    rule: str
    at: datetime
    row: dict[str, Any]


class Backtest:
    """The events of some days, loaded once, on which rules are evaluated `every` so often.

    Raises `Misconfigured` without the extra `[detect]`.
    """

    def __init__(self, library: Library, events: Iterable[dict[str, Any]], every: timedelta = DAY) -> None:
        self._engine = Engine(library)
        self._every = every
        self._fresh = f"{(every + HOUR) // HOUR}h"
        """What counts as new: an hour more than the time between two evaluations."""
        self._raised: set[tuple[str, ...]] = set()
        self.events = 0
        self.skipped = 0
        """Events of other products."""
        self.first: datetime | None = None
        self.last: datetime | None = None
        self._load(events)

    def _load(self, events: Iterable[dict[str, Any]]) -> None:
        batches: dict[Any, list[dict[str, Any]]] = {}
        for event in events:
            live = live_row(event)
            if live is None:
                self.skipped += 1
                continue
            stream, time, row = live
            self.events += 1
            self.first, self.last = min(self.first or time, time), max(self.last or time, time)
            batches.setdefault(stream, []).append(row)
            if len(batches[stream]) == BATCH:
                self._engine.load(stream, batches.pop(stream))
        for stream, rows in batches.items():
            self._engine.load(stream, rows)

    def evaluation_times(self, since: datetime | None = None, until: datetime | None = None) -> list[datetime]:
        """When the rules are evaluated: at the end of each UTC day (hour, …), and at the end of the history."""
        if self.first is None or self.last is None:
            return []
        end = min(until or self.last, self.last) + timedelta(seconds=1)
        start = max(since or self.first, self.first).astimezone(UTC)
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        at = midnight + ((start - midnight) // self._every + 1) * self._every
        times = []
        while at < end:
            times.append(at)
            at += self._every
        return [*times, end]

    def alerts(self, rules: Sequence[KqlRule], at: datetime) -> Iterator[Alert]:
        """The alerts of each rule at `at`, without those that an earlier evaluation raised about the same entities."""
        self._engine.materialize(at)
        for rule in rules:
            timed = rule.with_parameters({FRESH_PARAMETER: self._fresh}) if FRESH_PARAMETER in rule.parameters else rule
            for row in self._engine.query(timed.query, at):
                identity = (rule.name, *(str(row.get(column)) for column in rule.suppress_by))
                if identity not in self._raised:
                    self._raised.add(identity)
                    yield Alert(rule.name, at, row)
