"""Test cases of the rule "Prompt cache read ratio drop"."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, at, usage
from tests.content.records_tokens import token_metric
from tests.content.reference import DAY, RuleEvent, by, by_time, excluded, is_fresh
from tests.content.spikes import of_messages

RULE = "tokens/cache-ratio-collapse"

DANA = {"account_id": "user_Dana"}
USUAL = 1_000_000
LEAST = 200_000


def _used(percent: float, tokens: int = USUAL, start: str = "04-15 08:00", **options: Any) -> Collected:
    """So many tokens, of which so much came from the cache."""
    cached = round(tokens * percent / 100)
    row = {**options.pop("who", DANA), "cache_read_input_tokens": cached}
    return usage(row, at(start), tokens - cached, **{"collected": NOON, **options})


def _past(*percents: float, tokens: int = USUAL, who: dict[str, str] = DANA) -> list[Collected]:
    """A day each, the last of them yesterday."""
    days = (at("04-14 10:00") - timedelta(days=day) for day in range(len(percents)))
    return [
        _used(percent, tokens, f"{day:%m-%d %H:%M}", who=who, collected=day + timedelta(hours=2))
        for percent, day in zip(percents, days, strict=True)
    ]


HALF = _past(*[50] * 7)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.from-a-half-to-just-below-a-fifth", [*HALF, _used(19.9)])
    yield RuleTestCase("quiet.a-fifth", [*HALF, _used(20)])
    yield RuleTestCase("fires.usually-a-quarter", [*_past(*[25] * 7), _used(1)])
    yield RuleTestCase("quiet.usually-less-than-a-quarter", [*_past(*[24.9] * 7), _used(0)])
    yield RuleTestCase("fires.three-quarters-of-its-usual-day", [*HALF, _used(0, USUAL * 3 // 4)])
    yield RuleTestCase("quiet.a-smaller-day", [*HALF, _used(0, USUAL * 3 // 4 - 1)])
    yield RuleTestCase("fires.the-least-that-counts", [*_past(*[50] * 7, tokens=LEAST), _used(0, LEAST)])
    yield RuleTestCase("quiet.little-in-all", [*_past(*[50] * 7, tokens=LEAST), _used(0, LEAST - 1)])
    yield RuleTestCase("fires.with-a-day-of-nothing", [*HALF, _used(0, 0, "04-07 10:00"), _used(0)])
    yield RuleTestCase("quiet.a-wild-past", [*_past(90, 10, 80, 5, 95, 10, 60), _used(0)])
    corrected = [_used(0, collected=at("04-15 10:45")), _used(50)]
    yield RuleTestCase("quiet.restated", [*HALF, *corrected, _used(0, USUAL // 4, "04-15 09:00")])
    yield RuleTestCase("quiet.the-same-bucket-twice", [*HALF, *[_used(10, USUAL // 2)] * 2])
    yield RuleTestCase("quiet.six-days-of-history", [*HALF[:6], _used(0)])
    yield RuleTestCase(
        "quiet.an-old-day-cut-in-half", [*HALF[:6], _used(50, start="04-01 13:00", collected=None), _used(0)]
    )
    yield RuleTestCase("quiet.collected-two-hours-ago", [*HALF, _used(0, collected=at("04-15 10:00"))])
    yield RuleTestCase("quiet.backfilled", [*HALF, _used(0, backfilled=True)])
    counted = token_metric("Dana", "s-1", at("04-15 08:30"), 4 * USUAL, collected=NOON)
    yield RuleTestCase("quiet.counted-again-by-claude-code", [*HALF, _used(50), counted])
    yield RuleTestCase("quiet.nobody-is-named", [*_past(*[50] * 7, who={}), _used(0, who={})])
    yield RuleTestCase("quiet.excluded-person", [*HALF, _used(0)], _excluded(RULE))
    yield RuleTestCase("fires.excluded-from-another-rule", [*HALF, _used(0)], _excluded("tokens/token-spike-user"))


def _excluded(rule: str) -> dict[str, str]:
    return exclusion(rule, "user_Dana", "a new prompt")


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """No fewer tokens than three quarters, and a share of the cache three spreads of a fifth or more below the mean."""
    rows = []
    for (actor,), own in by(
        [one for one in of_messages(events) if one.tokens and not one.backfilled], "actor_uid"
    ).items():
        days = by_time(own, DAY)
        for day, records in days.items():
            past = [days[other] for other in days if other < day]
            if len(past) < 7 or not is_fresh(records) or _tokens(records) < LEAST or actor in excluded(lookups, RULE):
                continue
            usual, mean = statistics.mean(map(_tokens, past)), statistics.mean(map(_share, past))
            spread = max(statistics.stdev(map(_share, past)), 0.2 * mean)
            if _tokens(records) >= 0.75 * usual and mean >= 0.25 and _share(records) < mean - 3 * spread:
                columns = {"share": round(_share(records), 2), "usual_share": round(mean, 2), "days": len(past)}
                columns |= {"tokens": _tokens(records), "usual_tokens": round(usual)}
                who = {"actor_uid": actor, "user": max(one.user or "" for one in records), "day": day}
                rows.append({**who, "models": len({one.model for one in records if one.model}), **columns})
    return rows


def _tokens(records: Sequence[RuleEvent]) -> int:
    return sum(one.tokens for one in records)


def _share(records: Sequence[RuleEvent]) -> float:
    cached: int = sum(one.get("unmapped.usage.cache_read_input_tokens") or 0 for one in records)
    return cached / _tokens(records)


MUTATIONS = (
    Mutation(
        "the evaluated day is in its own baseline",
        ("past_day < day", "past_day <= day"),
        ("current=f", "current=t"),
        ("quiet.six-days-of-history", "fires.from-a-half-to-just-below-a-fifth"),
    ),
)
"""Mutants that are not generated."""
