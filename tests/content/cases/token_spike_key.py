"""Test cases of the rule "Token usage spike by API key"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.content.case import RuleTestCase
from tests.content.records import Collected, at, usage
from tests.content.reference import RuleEvent, excluded
from tests.content.spikes import LATER_DAYS, STEADY, Spikes, bucket_of, cut_in_half, of_messages, spikes

RULE = "tokens/token-spike-key"

SPIKES = Spikes(RULE, bucket_of("api_key_id"), "apikey_01Job", 200_000)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield from SPIKES.test_cases()
    yield cut_in_half(SPIKES, "apikey_01Cut")
    yield RuleTestCase("fires.one-of-its-owner's-keys", [*_owned("apikey_01Busy", 50), *_owned("apikey_01Leaked", 1)])
    nobodys = Spikes(RULE, bucket_of("account_id"), "", 200_000)
    yield RuleTestCase("quiet.no-key-is-named", [*nobodys.past("user_01Dana"), nobodys.day("user_01Dana", 1000)])


def _owned(key: str, times: int) -> list[Collected]:
    """A key of a person with many, in a workspace; on the last day it has as much more as the smallest key uses."""
    row = {"account_id": "user_01Dana", "api_key_id": key, "workspace_id": f"wrkspc_of_{key}"}

    def bucket(_: str, start: datetime, tokens: int, **options: Any) -> Collected:
        return usage(row, start, tokens, **options)

    own = Spikes(RULE, bucket, "", 200_000)
    other = {**row, "model": "claude-haiku-4-5"}
    return [
        *own.past("", [percent * times for percent in STEADY]),
        own.day("", 100 * times),
        usage(other, at("04-15 09:00"), own.usual(100), collected=at("04-15 11:00")),
    ]


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """A key's day of at least 200,000 tokens, three spreads of at least a quarter above the mean of its days before."""
    days = spikes(of_messages(events), lambda e: e.object_uid, lambda own: sum(e.tokens for e in own), 200_000)
    return [
        {
            "key": day.who,
            "principal": max(e.actor_uid or "" for e in day.records),
            "workspace": max(e.get("unmapped.usage.workspace_id") or "" for e in day.records),
            "tokens": day.figure,
            "models": len({e.model for e in day.records if e.model}),
            "mean": round(day.mean),
            **day.row(),
        }
        for day in days
        if day.who not in excluded(lookups, RULE)
    ]


MUTATIONS = (LATER_DAYS,)

EQUIVALENT = {
    "kql: without `event_code == 'usage_report.messages'`": "no other report has a key and tokens; left out early",
    "spl: without `claude_code=usage_report.messages`": "no other report has a key and tokens; left out early",
}
