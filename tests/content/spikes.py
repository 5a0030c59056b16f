"""Test cases and reference shared by the rules that compare a day with the principal's earlier days.

Each test case has its own principal (`who`).
"""

import statistics
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, at, backfilled, usage
from tests.content.reference import DAY, NOW_S, RuleEvent, by_time

Bucket = Callable[..., Collected]
"""`(who, start, figure)`, and `collected` and `backfilled` as the builders take them."""

STEADY = (100, 110, 90, 105, 95, 100, 100)
"""Days around a hundred, in percent of the usual; more than 175 is a spike."""
WILD = (100, 900, 50, 700, 20, 800, 300)
AT_EIGHT = "04-15 08:00"


class Spikes(NamedTuple):
    """The test cases of one rule. `name` is the prefix of the principals' ids, `least` the rule's minimum."""

    rule: str
    bucket: Bucket
    name: str
    least: int

    def test_cases(self) -> Iterator[RuleTestCase]:
        """What fires, and what does not."""
        numbers = (f"{self.name}{number}" for number in count(1))
        for name, build in _TEST_CASES.items():
            who = next(numbers)
            yield RuleTestCase(name, build(self, who))
        for name, rule in (("quiet.excluded", self.rule), ("fires.excluded-from-another-rule", "keys/another-rule")):
            who = next(numbers)
            lookups = exclusion(rule, who, "a migration")
            yield RuleTestCase(name, [*self.past(who), self.day(who, 1000)], lookups)

    def past(self, who: str, percents: Sequence[int] = STEADY, last: str = "04-14") -> list[Collected]:
        """A bucket a day, the last on `last`."""
        end = at(f"{last} 10:00")
        days = (end - timedelta(days=len(percents) - 1 - i) for i in range(len(percents)))
        return [self.bucket(who, day, self.usual(percent)) for day, percent in zip(days, percents, strict=True)]

    def day(self, who: str, percent: int, more: int = 0, start: str = AT_EIGHT, **options: Any) -> Collected:
        """The bucket that is evaluated: a share of the usual, and `more`."""
        return self.bucket(who, at(start), self.usual(percent) + more, **{"collected": NOON, **options})

    def usual(self, percent: int) -> int:
        """Far above the rule's floor."""
        return percent * self.least // 10


_TEST_CASES: dict[str, Callable[[Spikes, str], list[Collected]]] = {
    "fires.just-above-three-spreads": lambda s, who: [*s.past(who), s.day(who, 175, 1)],
    "quiet.three-spreads-and-no-more": lambda s, who: [*s.past(who), s.day(who, 175)],
    "fires.in-two-buckets": lambda s, who: [*s.past(who), s.day(who, 100), s.day(who, 100, start="04-15 09:00")],
    "quiet.the-same-bucket-twice": lambda s, who: [*s.past(who), *[s.day(who, 100)] * 2],
    "fires.restated-upwards": lambda s, who: [
        *s.past(who),
        s.day(who, 100, collected=at("04-15 10:45")),
        s.day(who, 900),
    ],
    "fires.restated-upwards-and-stored-in-disorder": lambda s, who: [
        *s.past(who),
        s.day(who, 900),
        s.day(who, 100, collected=at("04-15 10:45")),
    ],
    "quiet.restated-downwards": lambda s, who: [
        *s.past(who),
        s.day(who, 900, collected=at("04-15 10:45")),
        s.day(who, 100),
    ],
    "quiet.six-days-of-history": lambda s, who: [*s.past(who, STEADY[:6]), s.day(who, 1000)],
    "quiet.a-wild-past": lambda s, who: [*s.past(who, WILD), s.day(who, 1000)],
    "fires.the-least-that-counts": lambda s, who: [*s.past(who, [p // 20 for p in STEADY]), s.day(who, 10)],
    "quiet.less-than-counts": lambda s, who: [*s.past(who, [p // 20 for p in STEADY]), s.day(who, 10, -1)],
    "fires.arrived-since-the-last-run": lambda s, who: [*s.past(who), s.day(who, 1000, collected=at("04-15 10:45"))],
    "quiet.arrived-before-the-last-run": lambda s, who: [*s.past(who), s.day(who, 1000, collected=at("04-15 10:44"))],
    "fires.known-and-now-more": lambda s, who: [
        *s.past(who),
        s.day(who, 100, collected=at("04-15 10:00")),
        s.day(who, 900),
    ],
    "fires.known-and-less-than-counted": lambda s, who: [
        *s.past(who, [p // 20 for p in STEADY]),
        s.day(who, 9, collected=at("04-15 10:00")),
        s.day(who, 2, start="04-15 09:00"),
    ],
    "quiet.high-for-hours-and-now-higher": lambda s, who: [
        *s.past(who),
        s.day(who, 900, collected=at("04-15 10:00")),
        s.day(who, 900, start="04-15 09:00"),
    ],
    "quiet.known-until-it-was-restated": lambda s, who: [
        *s.past(who),
        s.day(who, 900, collected=at("04-15 10:00")),
        s.day(who, 950),
    ],
    "fires.after-a-backfilled-past": lambda s, who: [
        *[backfilled(one, at("04-13 12:00")) for one in s.past(who)],
        s.day(who, 1000),
    ],
    "fires.known-by-backfill-only": lambda s, who: [
        *s.past(who),
        backfilled(s.day(who, 1000), at("04-15 10:00")),
        s.day(who, 1000),
    ],
    "quiet.backfilled": lambda s, who: [*s.past(who), s.day(who, 1000, backfilled=True)],
    "quiet.the-past-of-another": lambda s, who: [*s.past(f"{who}b"), s.day(who, 1000)],
}


def cut_in_half(spikes: Spikes, who: str) -> RuleTestCase:
    """A first day of which the rule sees the afternoon only is no day; for records by the hour."""
    noon_on = spikes.bucket(who, at("04-01 13:00"), spikes.usual(100))
    return RuleTestCase("quiet.an-old-day-cut-in-half", [*spikes.past(who, STEADY[:6]), noon_on, spikes.day(who, 1000)])


def bucket_of(field: str) -> Bucket:
    """Hours of tokens of the principal that the usage report names in `field`."""
    return lambda who, start, tokens, **options: usage({field: who}, start, tokens, **options)


class Day(NamedTuple):
    """A day that is a spike."""

    who: str
    day: float
    figure: float
    days: int
    mean: float
    records: list[RuleEvent]
    """Of that day."""
    known: float
    """The figure that earlier runs could judge."""
    least: float
    ceiling: float

    @property
    def is_new(self) -> bool:
        """Whether earlier runs could not see it."""
        return self.known < self.least or self.known <= self.ceiling

    def row(self) -> dict[str, Any]:
        """The columns that all of these rules give."""
        return {"day": self.day, "days": self.days, "times": round(self.figure / self.mean, 1)}


def of_messages(events: Sequence[RuleEvent]) -> list[RuleEvent]:
    """The records of the messages usage report of whole days."""
    return [one for one in events if one.code == "usage_report.messages" and one.time >= NOW_S - 13.5 * DAY]


def spikes(
    records: Sequence[RuleEvent],
    who: Callable[[RuleEvent], str | None],
    figure: Callable[[list[RuleEvent]], float],
    least: float,
) -> Iterator[Day]:
    """A day of `least` or more, above the mean of seven or more before by three spreads of a quarter, newly seen."""
    return (day for day in high_days(records, who, figure, least) if day.is_new)


def high_days(
    records: Sequence[RuleEvent],
    who: Callable[[RuleEvent], str | None],
    figure: Callable[[list[RuleEvent]], float],
    least: float,
) -> Iterator[Day]:
    """The same, whenever it arrived."""
    named: dict[str, list[RuleEvent]] = {}
    for one in records:
        if name := who(one):
            named.setdefault(name, []).append(one)
    for name, held in named.items():
        days = by_time(held, DAY)
        for day, own in days.items():
            past = [figure(days[other]) for other in days if other < day]
            live = [one for one in own if not one.backfilled]
            if len(past) < 7 or figure(live) < least:
                continue
            mean = statistics.mean(past)
            ceiling = mean + 3 * max(statistics.stdev(past), mean / 4)
            if figure(live) > ceiling:
                known = figure([one.as_known() for one in own if one.known])
                yield Day(name, day, figure(live), len(past), mean, own, known, least, ceiling)


LATER_DAYS = Mutation(
    "the evaluated day is in its own baseline",
    ("past_day < day", "past_day <= day"),
    ("current=f", "current=t"),
    ("quiet.six-days-of-history", "fires.just-above-three-spreads"),
)
"""Mutants that are not generated."""
