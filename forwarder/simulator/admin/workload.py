"""Who uses how much when: usage by the minute, the same for the same seed, made up hour by hour as it is asked for."""

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
"""Per cent of a minute's tokens: uncached input, 5-minute cache, 1-hour cache, cache read, output."""
_LATE_HOURS = 0.05
"""Share of the hours of which a row becomes visible only 10 to 55 minutes after their end."""
_SETTLED = HOUR
"""So long after its end all that an hour's own rows can still do has happened."""


@dataclass(frozen=True, slots=True)
class Burst:
    """A time, in whole hours, in which `factor` times as much is used, at work or not."""

    start_us: int
    end_us: int
    factor: int


@dataclass(frozen=True, slots=True)
class Work:
    """One stream of use: `tokens` in a busy minute; in office hours, or at any time where `person` is None."""

    id: str
    dimensions: Dimensions
    tokens: int
    person: ScenarioPerson | None = None
    since_us: int = 0
    until_us: int = 2**62
    burst: Burst | None = None
    code: CodeActor | None = None

    def factor_at(self, hour_us: int) -> int:
        """How many times the usual amount is used in that hour."""
        if self.burst and self.burst.start_us <= hour_us < self.burst.end_us:
            return self.burst.factor
        there = self.since_us <= hour_us < self.until_us
        return int(there and (self.person is None or self.person.works_at(hour_us)))


class Workload:
    """All usage of an organization since `since_us`, an hour's start: what the works make, and what was added."""

    def __init__(self, works: list[Work], seed: int, since_us: int) -> None:
        self.works = works
        self._seed = seed
        self._since_us = since_us
        self._added: list[Usage] = []
        self._hour = lru_cache(maxsize=200)(self._make_hour)
        self._sums = lru_cache(maxsize=5000)(self._sum_hour)

    def add(self, usage: Usage) -> None:
        """Let there be more usage than the works make: late rows, re-statements."""
        self._added.append(usage)

    def minutes(self, start_us: int, end_us: int, seen_us: int) -> Iterator[Usage]:
        """All usage from `start_us` up to `end_us` that the reports know at `seen_us`, in no order."""
        hours = (self._hour(hour) for hour in self._hours(start_us, end_us))
        rows = chain(self._added, *hours)
        return (row for row in rows if start_us <= row.at_us < end_us and row.visible_us <= seen_us)

    def hours(self, start_us: int, end_us: int, seen_us: int) -> Iterator[Usage]:
        """The same between two whole hours, each settled hour's rows summed to one an origin (time: the hour's)."""
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
        origins: defaultdict[Dimensions, list[Counts]] = defaultdict(list)
        for row in self._make_hour(hour_us):
            origins[row.dimensions].append(row.counts)
        return tuple(Usage(hour_us, 0, origin, total(counts)) for origin, counts in origins.items())

    def _make_hour(self, hour_us: int) -> tuple[Usage, ...]:
        rows = [row for work in self.works for row in _rows(work, hour_us, self._seed)]
        dice = chance(f"late/{hour_us}", self._seed)
        if rows and dice.random() < _LATE_HOURS:
            late = dice.randrange(len(rows))
            after = dice.randrange(10 * MINUTE, 55 * MINUTE)
            rows[late] = rows[late]._replace(visible_us=hour_us + HOUR + after)
        return tuple(rows)


def _rows(work: Work, hour_us: int, seed: int) -> list[Usage]:
    factor = work.factor_at(hour_us)
    if not factor:
        return []
    dice = chance(f"{work.id}/{hour_us}", seed)
    busy = dice.sample(range(60), dice.randrange(3, 9))
    return [_row(dice, work, hour_us + minute * MINUTE, factor) for minute in busy]


def _row(dice: random.Random, work: Work, at_us: int, factor: int) -> Usage:
    tokens = factor * work.tokens * dice.randrange(50, 151) // 100
    uncached, five_minutes, one_hour, read, output = (tokens * share // 100 for share in _SHARES)
    counts = Counts(uncached, five_minutes, one_hour, read, output, web_searches=int(dice.random() < 0.1))
    # "Typically appears within 5 minutes" of the request's completion.
    visible = at_us + MINUTE + dice.randrange(30 * SECOND, 5 * MINUTE)
    return Usage(at_us, visible, work.dimensions, counts, work.code)
