"""What the rules would have said of a history: each asked once a day, as if it were that day's end."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from forwarder.detect.engine import Engine, Library
from forwarder.detect.history import judged_at_once
from forwarder.detect.rules import Rule

DAY = timedelta(days=1)
BATCH = 5_000
"""Rows loaded at a time: as objects of Python they take several times the memory that they take in the engine."""
FRESH = "25h"
"""A rule that runs every hour takes what came since its last run; asked once a day it takes a day and an hour."""


class Alert(NamedTuple):
    """One finding: what a rule would have said first of the same entities."""

    rule: str
    at: datetime
    row: dict[str, Any]


class History:
    """Events of some days, loaded once. Raises `Misconfigured` without the extra `[detect]`."""

    def __init__(self, library: Library, events: Iterable[dict[str, Any]]) -> None:
        self._engine = Engine(library)
        self._told: set[tuple[str, ...]] = set()
        self.events = self.strangers = 0
        self.first: datetime | None = None
        self.last: datetime | None = None
        held: dict[Any, list[dict[str, Any]]] = {}
        for event in events:
            judged = judged_at_once(event)
            if judged is None:
                self.strangers += 1
                continue
            stream, time, row = judged
            self.events += 1
            self.first, self.last = min(self.first or time, time), max(self.last or time, time)
            held.setdefault(stream, []).append(row)
            if len(held[stream]) == BATCH:
                self._engine.load(stream, held.pop(stream))
        for stream, listed in held.items():
            self._engine.load(stream, listed)

    def days(self, since: datetime | None = None, until: datetime | None = None) -> list[datetime]:
        """The moments at which rules are asked: the end of each day, and the history's own end."""
        if self.first is None or self.last is None:
            return []
        end = min(until or self.last, self.last) + timedelta(seconds=1)
        at = (
            max(since or self.first, self.first).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            + DAY
        )
        moments = []
        while at < end:
            moments.append(at)
            at += DAY
        return [*moments, end]

    def alerts(self, rules: Sequence[Rule], at: datetime) -> Iterator[Alert]:
        """What each rule says at a moment; what it has said of the same entities before it does not say again."""
        self._engine.settle(at)
        for rule in rules:
            asked = rule.tuned({"fresh": FRESH}) if "fresh" in rule.parameters else rule
            for row in self._engine.query(asked.query, at):
                same = (rule.name, *(str(row.get(column)) for column in rule.same))
                if same not in self._told:
                    self._told.add(same)
                    yield Alert(rule.name, at, row)
