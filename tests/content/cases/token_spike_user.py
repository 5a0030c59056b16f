"""Test cases of the rule "Token usage spike by user"."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import NOON, RuleTestCase
from tests.content.records import Collected, at, usage
from tests.content.records_tokens import token_metric
from tests.content.reference import RuleEvent, excluded, rows_of
from tests.content.spikes import LATER_DAYS, Spikes, bucket_of, cut_in_half, high_days, of_messages

RULE = "tokens/token-spike-user"

SPIKES = Spikes(RULE, bucket_of("account_id"), "user_01Dana", 100_000)
TEAM = {
    "claude_people": "user_uid,user,name,peer_group\n"
    + "".join(f"user_01{name},{name.lower()}@example.com,{name},research\n" for name in ("Ann", "Bob", "Cyd", "Dan"))
}


def _spiking(names: str, last: str = "04-14", **options: Any) -> list[Collected]:
    """A spike each of these people of three letters."""
    who = [f"user_01{names[i : i + 3]}" for i in range(0, len(names), 3)]
    return [event for one in who for event in (*SPIKES.past(one, last=last), SPIKES.day(one, 1000, **options))]


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield from SPIKES.test_cases()
    yield cut_in_half(SPIKES, "user_01Eve")
    yield RuleTestCase(
        "quiet.counted-again-by-claude-code",
        [*SPIKES.past("user_Finn"), token_metric("Finn", "s-1", at("04-15 08:30"), 10_000_000, collected=NOON)],
    )
    alone = Spikes(RULE, bucket_of("api_key_id"), "", 100_000)
    yield RuleTestCase(
        "quiet.a-key-that-names-nobody", [*alone.past("apikey_01Alone"), alone.day("apikey_01Alone", 1000)]
    )
    yield RuleTestCase("fires.three-of-a-team", _spiking("AnnBobCyd"), TEAM)
    yield RuleTestCase("quiet.four-of-a-team", _spiking("AnnBobCydDan"), TEAM)
    yield RuleTestCase("fires.the-fourth-is-of-no-team", _spiking("AnnBobCydZoe"), TEAM)
    unknown = {"claude_people": TEAM["claude_people"].replace("research", "")}
    yield RuleTestCase("fires.four-whose-team-is-not-known", _spiking("AnnBobCydDan"), unknown)
    earlier = _spiking("AnnBobCyd", collected=at("04-15 10:00"))
    yield RuleTestCase("quiet.the-last-of-four", [*earlier, *_spiking("Dan")], TEAM)
    yesterday = _spiking("AnnBobCyd", last="04-13", start="04-14 08:00", collected=at("04-14 11:30"))
    yield RuleTestCase("fires.the-team-was-busy-yesterday", [*yesterday, *_spiking("Dan")], TEAM)
    nobody = Spikes(RULE, lambda _, start, tokens, **options: usage({}, start, tokens, **options), "", 100_000)
    yield RuleTestCase("quiet.nobody-is-named", [*nobody.past(""), nobody.day("", 1000)])


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """A day of at least 100,000 tokens, above the mean of the days before by three spreads of at least a quarter.

    Unless more than three of one peer group have such a day.
    """
    named = [one for one in of_messages(events) if one.actor_uid != one.object_uid]
    days = [
        day
        for day in high_days(named, lambda e: e.actor_uid, lambda own: sum(e.tokens for e in own), 100_000)
        if day.who not in excluded(lookups, RULE)
    ]
    groups = {row["user_uid"]: row["peer_group"] for row in rows_of(lookups, "claude_people") if row["peer_group"]}
    together = Counter((groups.get(day.who, day.who), day.day) for day in days)
    return [
        {
            "actor_uid": day.who,
            "user": max(e.user or "" for e in day.records),
            "tokens": day.figure,
            "mean": round(day.mean),
            "peer_group": groups.get(day.who),
            "peers": peers,
            **day.row(),
        }
        for day in days
        if day.is_new and (peers := together[groups.get(day.who, day.who), day.day]) <= 3
    ]


MUTATIONS = (LATER_DAYS,)
