"""Test cases of the rule "Cost spike by workspace"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.content.case import NOON, RuleTestCase
from tests.content.records import Collected, at
from tests.content.records_tokens import claude_code_day, cost
from tests.content.reference import DAY, NOW_S, RuleEvent, excluded
from tests.content.spikes import LATER_DAYS, Spikes, spikes

RULE = "tokens/cost-spike"


def _item(who: str, start: datetime, cents: int, **options: Any) -> Collected:
    """A line item of the day before: a day's cost is reported when it is over. Items differ by their hour."""
    day = start.replace(hour=0) - timedelta(days=1)
    return cost(who or None, day, str(cents), item=f"Usage of the {start:%H}th kind", **options)


SPIKES = Spikes(RULE, _item, "wrkspc_01Lab", 2_000)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield from SPIKES.test_cases()
    yield RuleTestCase("fires.the-default-workspace", [*SPIKES.past(""), SPIKES.day("", 1000)])
    yield RuleTestCase(
        "fires.by-more-than-half-a-cent", [*SPIKES.past("wrkspc_01Fine"), *_parts("wrkspc_01Fine", "0.501")]
    )
    yield RuleTestCase(
        "quiet.by-less-than-half-a-cent", [*SPIKES.past("wrkspc_01Near"), *_parts("wrkspc_01Near", "0.499")]
    )
    twice = claude_code_day("dana", at("04-14 00:00"), 500_000, collected=NOON)
    yield RuleTestCase("quiet.estimated-again-by-claude-code", [*SPIKES.past(""), twice])


def _parts(workspace: str, more: str) -> list[Collected]:
    """Three and a half times a hundred dollars and some of a cent, in items that binary numbers cannot hold."""
    cents = ["0.1", "0.2", "34999.7", more]
    return [
        cost(workspace, at("04-14 00:00"), part, item=f"item {number}", collected=NOON)
        for number, part in enumerate(cents)
    ]


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """A day of at least 20 dollars, above the mean of the workspace's days before by three spreads of a quarter."""
    records = [e for e in events if e.code == "cost_report" and e.time >= NOW_S - 14 * DAY]
    days = spikes(records, lambda e: e.object_uid or e.get("metadata.tenant_uid"), _dollars, 20)
    return [
        {
            "workspace": day.who,
            "spend": day.figure,
            "items": len({e.get("unmapped.cost.description") for e in day.records}),
            "mean": round(day.mean, 2),
            **day.row(),
        }
        for day in days
        if day.who not in excluded(lookups, RULE)
    ]


def _dollars(records: list[RuleEvent]) -> float:
    cents = sum((Decimal(e.get("unmapped.cost.amount")) for e in records), Decimal(0))
    return float(round(cents / 100, 2))


MUTATIONS = (LATER_DAYS,)
