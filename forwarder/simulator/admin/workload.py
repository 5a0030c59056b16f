"""Simulated usage by the minute, deterministic for a seed, generated hour by hour on demand."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from forwarder.simulator.admin.usage import CodeActor, Counts, Dimensions, Usage, total
from forwarder.simulator.clock import HOUR, MINUTE, SECOND
from forwarder.simulator.scenarios.issue import chance
from forwarder.simulator.scenarios.people import ScenarioPerson

_SHARES = (20, 10, 3, 55, 12)
"""Percent of a minute's tokens: uncached input, 5-minute cache, 1-hour cache, cache read, output."""
_LATE_HOURS = 0.05
"""Share of the hours of which a row becomes visible only 10 to 55 minutes after their end."""
_SETTLED = HOUR
"""How long after its end an hour's own rows no longer change."""


@dataclass(frozen=True, slots=True)
class UsageSpike:
    """A time range of whole hours in which `factor` times as much is used, in office hours or not."""

    start_us: int
    end_us: int
    factor: int


@dataclass(frozen=True, slots=True)
class UsagePattern:
    """One stream of usage: `tokens` in a busy minute; in office hours, or at any time if `person` is None."""

    id: str
    dimensions: Dimensions
    tokens: int
    person: ScenarioPerson | None = None
    since_us: int = 0
    until_us: int = 2**62
    spike: UsageSpike | None = None
    code: CodeActor | None = None

    def factor_at(self, hour_us: int) -> int:
        """How many times the usual amount is used in that hour."""
        if self.spike and self.spike.start_us <= hour_us < self.spike.end_us:
            return self.spike.factor
        active = self.since_us <= hour_us < self.until_us
        return int(active and (self.person is None or self.person.works_at(hour_us)))


class Workload:
    """All usage of an organization since `since_us`, an hour's start: of its patterns, and what was added."""

    def __init__(self, patterns: list[UsagePattern], seed: int, since_us: int) -> None:
        self.patterns = patterns
        self._seed = seed
        self._since_us = since_us
        self._added: list[Usage] = []
        self._hour = lru_cache(maxsize=200)(self._make_hour)
        self._sums = lru_cache(maxsize=5000)(self._sum_hour)

    def add(self, usage: Usage) -> None:
        """Add usage beyond the patterns: late rows, restatements."""
        self._added.append(usage)

    def minutes(self, start_us: int, end_us: int, seen_us: int) -> Iterator[Usage]:
        """All usage from `start_us` up to `end_us` that the reports show at `seen_us`, in no order."""
        hours = (self._hour(hour) for hour in self._hours(start_us, end_us))
        rows = chain(self._added, *hours)
        return (row for row in rows if start_us <= row.at_us < end_us and row.visible_us <= seen_us)

    def hours(self, start_us: int, end_us: int, seen_us: int) -> Iterator[Usage]:
        """The same between two whole hours; a settled hour's rows are summed by dimensions, at the hour's start."""
        yield from (row for row in self._added if start_us <= row.at_us < end_us and row.visible_us <= seen_us)
        for hour in self._hours(start_us, end_us):
            if hour + HOUR + _SETTLED <= seen_us:
                yield from self._sums(hour)
            else:
                yield from (row for row in self._hour(hour) if row.visible_us <= seen_us)

    def _hours(self, start_us: int, end_us: int) -> range:
        first = max(start_us - start_us % HOUR, self._since_us)
        return range(first, end_us, HOUR)

    def _sum_hour(self, hour_us: int) -> tuple[Usage, ...]:
        by_dimensions: defaultdict[Dimensions, list[Counts]] = defaultdict(list)
        for row in self._make_hour(hour_us):
            by_dimensions[row.dimensions].append(row.counts)
        return tuple(Usage(hour_us, 0, dimensions, total(counts)) for dimensions, counts in by_dimensions.items())

    def _make_hour(self, hour_us: int) -> tuple[Usage, ...]:
        rows = [row for pattern in self.patterns for row in _rows(pattern, hour_us, self._seed)]
        dice = chance(f"late/{hour_us}", self._seed)
        if rows and dice.random() < _LATE_HOURS:
            late = dice.randrange(len(rows))
            after = dice.randrange(10 * MINUTE, 55 * MINUTE)
            rows[late] = rows[late]._replace(visible_us=hour_us + HOUR + after)
        return tuple(rows)


def _rows(pattern: UsagePattern, hour_us: int, seed: int) -> list[Usage]:
    factor = pattern.factor_at(hour_us)
    if not factor:
        return []
    dice = chance(f"{pattern.id}/{hour_us}", seed)
    busy = dice.sample(range(60), dice.randrange(3, 9))
    return [_row(dice, pattern, hour_us + minute * MINUTE, factor) for minute in busy]


def _row(dice: random.Random, pattern: UsagePattern, at_us: int, factor: int) -> Usage:
    tokens = factor * pattern.tokens * dice.randrange(50, 151) // 100
    uncached, five_minutes, one_hour, read, output = (tokens * share // 100 for share in _SHARES)
    counts = Counts(uncached, five_minutes, one_hour, read, output, web_searches=int(dice.random() < 0.1))
    # "Typically appears within 5 minutes" of the request's completion.
    visible = at_us + MINUTE + dice.randrange(30 * SECOND, 5 * MINUTE)
    return Usage(at_us, visible, pattern.dimensions, counts, pattern.code)
