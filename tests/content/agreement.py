"""A population loaded once, on which every rule runs in both languages."""

import time
from typing import NamedTuple

from tests.content.case import cases
from tests.content.execute import Kql, Rows, Spl, canonical, content
from tests.content.population import lookups, population, together
from tests.content.records import NOW
from tests.content.reference import rule_events


class RuleRows(NamedTuple):
    """Rows of one rule, by language."""

    kql: Rows
    spl: Rows
    reference: Rows | None
    kql_seconds: float
    spl_seconds: float


class Tenant:
    """All generated events in one tenant."""

    def __init__(self, seed: int, principals: int, days: int) -> None:
        test_cases = [test_case for case in cases().values() for test_case in case.test_cases]
        self._events = together(test_cases, population(seed, principals, days))
        self._detections = {detection.folder: detection for detection in content().detections}
        self._lookups = lookups(principals)
        self._kql, self._spl = Kql(self._events, self._lookups), Spl(self._events, self._lookups, NOW)
        self._kql.settle(NOW)
        self._rule_events = rule_events(self._events)

    def agreement(self, rule: str) -> RuleRows:
        """Rows of each language and of the reference."""
        detection, reference = self._detections[rule], cases()[rule].reference
        began = time.monotonic()
        kql = self._kql.rows(detection.kql, NOW)
        between = time.monotonic()
        spl = self._spl.rows(detection.spl, detection.rule.schedule.lookback)
        ended = time.monotonic()
        read = None if reference is None else canonical(reference(self._rule_events, self._lookups))
        return RuleRows(kql, spl, read, between - began, ended - between)

    @property
    def events(self) -> int:
        """Number of distinct events."""
        return len(self._rule_events)
