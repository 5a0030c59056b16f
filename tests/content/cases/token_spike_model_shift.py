"""Test cases of the rule "Shift to more expensive model tier"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, at, usage
from tests.content.records_tokens import token_metric
from tests.content.reference import DAY, RuleEvent, by, by_time, excluded, is_fresh
from tests.content.spikes import of_messages

RULE = "tokens/token-spike-model-shift"

DANA = {"account_id": "user_Dana"}
HAIKU, SONNET, OPUS = "claude-haiku-4-5", "claude-sonnet-5", "claude-opus-5"
USUAL = 1_000_000
HARDLY, MUCH = 350_000, 500_000
"""A twentieth of seven usual days, and half of one."""


def _used(model: str, tokens: int = USUAL, start: str = "04-15 08:00", **options: Any) -> Collected:
    row = {**options.pop("who", DANA), "model": model}
    return usage(row, at(start), tokens, **{"collected": NOON, **options})


def _past(model: str = HAIKU, days: int = 7, who: dict[str, str] = DANA) -> list[Collected]:
    """As many days of a million tokens, the last of them yesterday."""
    return [usage({**who, "model": model}, at("04-14 10:00") - timedelta(days=day), USUAL) for day in range(days)]


def _hardly(more: int) -> list[Collected]:
    """A past with a twentieth of Opus, and `more`."""
    rest = usage({**DANA, "model": HAIKU}, at("04-08 10:00"), USUAL - HARDLY - more)
    return [*_past(days=6), rest, _used(OPUS, HARDLY + more, "04-08 11:00", collected=None)]


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.half-a-day-of-opus", [*_past(), _used(HAIKU, MUCH), _used(OPUS, MUCH)])
    yield RuleTestCase("quiet.less-than-half-a-day", [*_past(), _used(HAIKU, USUAL + 1), _used(OPUS, USUAL - 1)])
    yield RuleTestCase("quiet.little-in-all", [*_past(), _used(OPUS, MUCH - 1)])
    yield RuleTestCase("fires.hardly-used-before", [*_hardly(-1), _used(OPUS)])
    yield RuleTestCase("quiet.used-now-and-then", [*_hardly(0), _used(OPUS)])
    yield RuleTestCase("fires.from-sonnet-to-opus", [*_past(SONNET), _used(OPUS)])
    yield RuleTestCase("fires.some-sonnet-and-some-opus", [*_past(), _used(SONNET, 300_000), _used(OPUS, 200_000)])
    yield RuleTestCase("quiet.from-opus-to-sonnet", [*_past(OPUS), _used(SONNET)])
    yield RuleTestCase(
        "quiet.restated-downwards", [*_past(), _used(OPUS, collected=at("04-15 10:45")), _used(OPUS, MUCH - 1)]
    )
    yield RuleTestCase("quiet.the-same-bucket-twice", [*_past(), *[_used(OPUS, MUCH - 1)] * 2])
    yield RuleTestCase("quiet.six-days-of-history", [*_past(days=6), _used(OPUS)])
    yield RuleTestCase(
        "quiet.an-old-day-cut-in-half",
        [*_past(days=6), usage({**DANA, "model": HAIKU}, at("04-01 13:00"), USUAL), _used(OPUS)],
    )
    yield RuleTestCase("quiet.collected-two-hours-ago", [*_past(), _used(OPUS, collected=at("04-15 10:00"))])
    yield RuleTestCase("quiet.backfilled", [*_past(), _used(OPUS, backfilled=True)])
    counted = token_metric("Dana", "s-1", at("04-15 08:30"), USUAL, collected=NOON)
    yield RuleTestCase("quiet.counted-again-by-claude-code", [*_past(), counted])
    yield RuleTestCase("quiet.nobody-is-named", [*_past(who={}), _used(OPUS, who={})])
    yield RuleTestCase("quiet.excluded-person", [*_past(), _used(OPUS)], _excluded(RULE))
    yield RuleTestCase(
        "fires.excluded-from-another-rule", [*_past(), _used(OPUS)], _excluded("tokens/token-spike-user")
    )


def _excluded(rule: str) -> dict[str, str]:
    return exclusion(rule, "user_Dana", "an upgrade")


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Half a day and half a million tokens by a tier and more expensive ones, with less than a twentieth before."""
    rows = []
    for (actor,), own in by([one for one in of_messages(events) if not one.backfilled], "actor_uid").items():
        for day, today in by_time(own, DAY).items():
            past = [one for one in own if one.time < day]
            days = len({one.time // DAY for one in past})
            if days < 7 or not is_fresh(today) or actor in excluded(lookups, RULE):
                continue
            for name, tiers in (("opus", ("opus",)), ("sonnet", ("sonnet", "opus"))):
                tokens, past_tokens = _through(today, tiers), _through(past, tiers)
                share, past_share = tokens / max(_through(today), 1), past_tokens / max(_through(past), 1)
                if tokens >= MUCH and share >= 0.5 and past_share < 0.05:
                    columns = {"share": round(share, 2), "past_share": round(past_share, 2), "days": days}
                    who = {"actor_uid": actor, "user": max(one.user or "" for one in today)}
                    rows.append({**who, "day": day, "model_class": name, "tokens": tokens, **columns})
                    break
    return rows


def _through(records: Sequence[RuleEvent], words: Sequence[str] = ("",)) -> int:
    return sum(one.tokens for one in records if any(word in (one.model or "") for word in words))


MUTATIONS = (
    Mutation(
        "the evaluated day is in its own past",
        ("past_day < day", "past_day <= day"),
        ("current=f", "current=t"),
        ("quiet.six-days-of-history", "fires.hardly-used-before"),
    ),
    Mutation(
        "Opus is not more expensive than Sonnet",
        ("iff(model contains 'sonnet', tokens, opus)", "iff(model contains 'sonnet', tokens, 0)"),
        ('like(name, "%opus%") OR like(name, "%sonnet%")', 'like(name, "%sonnet%")'),
        ("quiet.from-opus-to-sonnet", "fires.some-sonnet-and-some-opus"),
    ),
    Mutation(
        "the cheaper of two tiers is named",
        ("arg_min(model_class", "arg_max(model_class"),
        ("| sort 0 model_class", "| sort 0 - model_class"),
        ("fires.half-a-day-of-opus",),
    ),
)
"""Mutants that are not generated."""
