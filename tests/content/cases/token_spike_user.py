"""A principal whose day is far above its own days before."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import NOON, Story
from tests.content.plain import Seen, excluded
from tests.content.records import at, usage
from tests.content.records_tokens import token_metric
from tests.content.spikes import LATER_DAYS, Spikes, bucket_of, cut_in_half, of_messages, spikes

RULE = "tokens/token-spike-user"

SPIKES = Spikes(RULE, bucket_of("account_id"), "user_01Dana", 100_000)


def stories() -> Iterator[Story]:
    """What fires, and what does not."""
    yield from SPIKES.stories()
    yield cut_in_half(SPIKES, "user_01Eve")
    yield Story(
        "quiet.counted-again-by-claude-code",
        [*SPIKES.past("user_Finn"), token_metric("Finn", "s-1", at("04-15 08:30"), 10_000_000, collected=NOON)],
    )
    alone = Spikes(RULE, bucket_of("api_key_id"), "", 100_000)
    yield Story("quiet.a-key-that-names-nobody", [*alone.past("apikey_01Alone"), alone.day("apikey_01Alone", 1000)])
    nobody = Spikes(RULE, lambda _, start, tokens, **options: usage({}, start, tokens, **options), "", 100_000)
    yield Story("quiet.nobody-is-named", [*nobody.past(""), nobody.day("", 1000)])


def reading(seen: Sequence[Seen], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """A day of at least 100,000 tokens, above the mean of the days before by three spreads of at least a quarter."""
    named = [one for one in of_messages(seen) if one.actor_uid != one.object_uid]
    days = spikes(named, lambda s: s.actor_uid, lambda own: sum(s.tokens for s in own), 100_000)
    return [
        {
            "actor_uid": day.who,
            "user": max(s.user or "" for s in day.figures),
            "tokens": day.figure,
            "mean": round(day.mean),
            **day.row(),
        }
        for day in days
        if day.who not in excluded(lookups, RULE)
    ]


MUTATIONS = (LATER_DAYS,)
