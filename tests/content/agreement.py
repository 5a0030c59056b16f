"""A population loaded once, and every rule asked in both languages."""

import time
from typing import NamedTuple

from tests.content.case import cases
from tests.content.execute import Kql, Rows, Spl, canonical, content
from tests.content.plain import seen
from tests.content.population import lookups, population, together
from tests.content.records import NOW


class Told(NamedTuple):
    """The rows of one rule."""

    kql: Rows
    spl: Rows
    reading: Rows | None
    kql_seconds: float
    spl_seconds: float


class Pot:
    """Everybody's events in one tenant."""

    def __init__(self, seed: int, principals: int, days: int) -> None:
        stories = [story for case in cases().values() for story in case.stories]
        self._events = together(stories, population(seed, principals, days))
        self._detections = {detection.folder: detection for detection in content().detections}
        self._lookups = lookups(principals)
        self._kql, self._spl = Kql(self._events, self._lookups), Spl(self._events, self._lookups, NOW)
        self._kql.settle(NOW)
        self._seen = seen(self._events)

    def agreement(self, rule: str) -> Told:
        """What each language says."""
        detection, reading = self._detections[rule], cases()[rule].reading
        began = time.monotonic()
        kql = self._kql.rows(detection.kql, NOW)
        between = time.monotonic()
        spl = self._spl.rows(detection.spl, detection.rule.schedule.lookback)
        ended = time.monotonic()
        read = None if reading is None else canonical(reading(self._seen, self._lookups))
        return Told(kql, spl, read, between - began, ended - between)

    @property
    def events(self) -> int:
        """How many there are, each once."""
        return len(self._seen)
