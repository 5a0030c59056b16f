"""Test cases of the rule "Token usage spike by workspace"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import NOON, RuleTestCase
from tests.content.records import Collected, at, usage
from tests.content.reference import RuleEvent, excluded
from tests.content.spikes import LATER_DAYS, Spikes, bucket_of, cut_in_half, of_messages, spikes

RULE = "tokens/token-spike-workspace"

SPIKES = Spikes(RULE, bucket_of("workspace_id"), "wrkspc_01Lab", 1_000_000)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield from SPIKES.test_cases()
    yield cut_in_half(SPIKES, "wrkspc_01Cut")
    yield RuleTestCase("fires.many-that-are-new", [*SPIKES.past("wrkspc_01New"), *_newcomers("wrkspc_01New")])
    default = Spikes(RULE, bucket_of("api_key_id"), "", 1_000_000)
    yield RuleTestCase(
        "quiet.the-default-workspace", [*default.past("apikey_01Job"), default.day("apikey_01Job", 1000)]
    )


def _newcomers(workspace: str) -> Iterator[Collected]:
    """Four keys of two people, none of them with a past."""
    for number in range(4):
        row = {"api_key_id": f"apikey_01N{number}", "account_id": f"user_01N{number % 2}", "workspace_id": workspace}
        yield usage(row, at("04-15 08:00"), SPIKES.usual(100), collected=NOON)


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """A workspace's day of at least a million tokens, three spreads of a quarter or more above its days before."""
    days = spikes(of_messages(events), _workspace, lambda own: sum(e.tokens for e in own), 1_000_000)
    return [
        {
            "workspace": day.who,
            "tokens": day.figure,
            "principals": len({e.actor_uid for e in day.records if e.actor_uid}),
            "keys": len({e.object_uid for e in day.records if e.object_uid}),
            "mean": round(day.mean),
            **day.row(),
        }
        for day in days
        if day.who not in excluded(lookups, RULE)
    ]


def _workspace(one: RuleEvent) -> str | None:
    name: str | None = one.get("unmapped.usage.workspace_id")
    return name


MUTATIONS = (LATER_DAYS,)

EQUIVALENT = {
    "spl: without `claude_code=usage_report.messages`": "no other report has unmapped.usage; left out early",
}
