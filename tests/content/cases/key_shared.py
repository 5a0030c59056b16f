"""Test cases of the rule "API key used from multiple networks or clients"."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, activity, at, person
from tests.content.records_key_use import KEY, used
from tests.content.reference import HOUR, RuleEvent, by, by_time, excluded, is_fresh
from tests.content.reference_keys import calls_by_keys, network_of

RULE = "keys/key-shared"

AGENTS = ("curl/8.7", "Terraform/1.12.2", "anthropic-python/0.71.0", "Mozilla/5.0 (X11; Linux x86_64)", "axios")


def _networks(count: int, start: str = "04-15 11:00", step: int = 5, **options: Any) -> list[Collected]:
    """A use from each of these networks, minutes apart."""
    times = [at(start) + timedelta(minutes=step * n) for n in range(count)]
    return [used(KEY, time, ip=f"198.51.{100 + n}.7", **options) for n, time in enumerate(times)]


def _programs(names: Sequence[str | None], start: str = "04-15 11:00", **options: Any) -> list[Collected]:
    """A use by each of these programs, minutes apart."""
    times = [at(start) + timedelta(minutes=5 * n) for n in range(len(names))]
    return [used(KEY, time, agent=agent, **options) for agent, time in zip(names, times, strict=True)]


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.from-four-networks-in-an-hour", _networks(4))
    yield RuleTestCase("quiet.excluded-key", _networks(4), exclusion(RULE, KEY))
    yield RuleTestCase("quiet.from-three-networks-and-from-nowhere", [*_networks(3), used(KEY, NOON, ip=None)])
    yield RuleTestCase("fires.by-four-programs-in-an-hour", _programs(AGENTS[:4], admin=True))
    yield RuleTestCase("quiet.by-three-programs-and-one-unnamed", _programs([*AGENTS[:3], None]))
    yield RuleTestCase("quiet.three-of-each", [*_networks(3), *_programs(AGENTS[:2], "04-15 11:30")])
    yield RuleTestCase("quiet.versions-of-one-program", _programs([f"curl/8.{n}" for n in range(6)]))
    yield RuleTestCase("quiet.addresses-of-one-network", [used(KEY, NOON, ip=f"198.51.100.{n}") for n in range(1, 7)])
    office = {"claude_networks": "network,name\n198.51.100,Berlin office\n198.51.103,Berlin office\n"}
    yield RuleTestCase("quiet.two-of-four-networks-have-one-name", _networks(4), office)
    yield RuleTestCase("fires.four-of-five-networks-after-a-name", _networks(5), office)
    yield RuleTestCase("quiet.over-the-turn-of-the-hour", _networks(4, "04-15 10:50"))
    yield RuleTestCase("quiet.as-many-networks-the-week-before", [*_networks(4, "04-08 11:00"), *_networks(4)])
    yield RuleTestCase(
        "quiet.as-many-programs-two-weeks-before", [*_programs(AGENTS[:4], "04-01 13:00"), *_programs(AGENTS[1:])]
    )
    yield RuleTestCase(
        "fires.more-networks-than-the-week-before",
        [*_networks(4, "04-08 11:00"), *_programs(AGENTS, "04-09 11:00"), *_networks(5), *_networks(5)],
    )
    yield RuleTestCase(
        "fires.more-programs-than-ever",
        [*_networks(6, "04-08 11:00"), *_programs(AGENTS[:4], "04-09 11:00"), *_programs(AGENTS)],
    )
    yield RuleTestCase(
        "quiet.two-keys", [*_networks(4)[:2], *(used("apikey_01B", NOON, ip=f"192.0.{n}.1") for n in (2, 3))]
    )
    ann = [person("ann", f"198.51.{100 + n}.7") for n in range(5)]
    chats = [activity("claude_chat_created", who, NOON, number=n, claude_chat_id="chat_1") for n, who in enumerate(ann)]
    yield RuleTestCase("quiet.a-person-everywhere", chats)
    yield RuleTestCase("quiet.collected-two-hours-ago", _networks(4, "04-15 09:00"))
    yield RuleTestCase("quiet.backfilled", _networks(4, backfilled=True))
    yield RuleTestCase("fires.a-backfilled-past", [*_networks(4, "04-08 11:00", backfilled=True), *_networks(4)])
    yield RuleTestCase("fires.excluded-from-another-rule", _networks(4), exclusion("keys/dormant-key-awakened", KEY))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Within an hour of the clock four networks or more, or four programs, and more than in any hour before."""
    rows = []
    for (key,), own in by([e for e in calls_by_keys(events) if not e.backfilled], "actor_uid").items():
        hours = by_time(own, HOUR)
        sizes = {hour: _sizes(there, lookups) for hour, there in hours.items()}
        for hour, there in hours.items():
            networks, agents = sizes[hour]
            before = [sizes[other] for other in hours if other < hour]
            most_networks, most_agents = (max([size[n] for size in before] or [0]) for n in (0, 1))
            many = (networks >= 4 and networks > most_networks) or (agents >= 4 and agents > most_agents)
            if many and is_fresh(there) and key not in excluded(lookups, RULE):
                counts = {
                    "networks": networks,
                    "agents": agents,
                    "src_ips": len({e.src_ip for e in there} - {None}),
                }
                past = {"most_networks": most_networks, "most_agents": most_agents}
                times = {"first_use": min(e.time for e in there), "last_use": max(e.time for e in there)}
                rows.append({"key": key, "hour": hour, "uses": len(there), **counts, **past, **times})
    return rows


def _sizes(there: Sequence[RuleEvent], lookups: Mapping[str, str]) -> tuple[int, int]:
    """Networks and programs."""
    networks = {network_of(e, lookups) for e in there} - {""}
    agents = {re.match(r"[^/ ]+", e.get("http_request.user_agent") or "") for e in there} - {None}
    return len(networks), len({found[0] for found in agents if found})


MUTATIONS = (
    Mutation(
        "the evaluated hour is in its own past",
        ("past_hour < hour", "past_hour <= hour"),
        ("current=f", "current=t"),
        ("fires.from-four-networks-in-an-hour",),
    ),
    Mutation(
        "only keys of the Compliance API",
        ("'api_actor', 'admin_api_key_actor'", "'api_actor'"),
        (" OR unmapped.actor.type=admin_api_key_actor", ""),
        ("fires.by-four-programs-in-an-hour",),
    ),
)
"""Mutants that are not generated."""
