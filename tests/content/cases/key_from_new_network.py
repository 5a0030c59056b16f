"""Test cases of the rule "API key used from new network"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, activity, at, person
from tests.content.records_key_use import KEY, used
from tests.content.reference import DAY, FRESH, RuleEvent, by, excluded
from tests.content.reference_keys import calls_by_keys, network_of

RULE = "keys/key-from-new-network"

ELSEWHERE = "203.0.113.50"
OFFICE = {
    "claude_networks": "network,name\n"
    + "".join(f"{network},Berlin office\n" for network in ("198.51.100", "198.51.101", "198.51.102", "203.0.113"))
}
HOMES = ("198.51.100.7", "198.51.101.7", "198.51.102.7", "198.51.103.7", "198.51.104.7", "198.51.105.7")


def _days(count: int, ips: Sequence[str] = HOMES[:1], key: str = KEY, **options: Any) -> list[Collected]:
    """A use a day until yesterday, from each of these addresses in turn."""
    times = [at("04-14 09:00") - timedelta(days=day) for day in range(count)]
    return [used(key, time, ip=ips[n % len(ips)], **options) for n, time in enumerate(times)]


def _arrival(time: datetime = NOON, ip: str | None = ELSEWHERE, **options: Any) -> Collected:
    return used(KEY, time, ip=ip, agent="curl/8.7", **options)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.after-five-days-from-one-network", [*_days(5), _arrival(), _arrival(at("04-15 11:40"))])
    yield RuleTestCase("quiet.excluded-key", [*_days(5), _arrival()], exclusion(RULE, KEY))
    yield RuleTestCase("quiet.after-four-days", [*_days(4), used(KEY, at("04-14 20:00")), _arrival()])
    yield RuleTestCase("fires.after-five-networks", [*_days(5, HOMES[:5]), _arrival()])
    yield RuleTestCase("quiet.after-six-networks", [*_days(6, HOMES), _arrival()])
    yield RuleTestCase("quiet.another-address-of-the-same-network", [*_days(5), _arrival(ip="198.51.100.200")])
    yield RuleTestCase("quiet.it-was-there-two-weeks-ago", [*_days(5), _arrival(at("04-01 13:00")), _arrival()])
    yield RuleTestCase(
        "fires.an-admin-key-by-ipv6",
        [*_days(5, ["2001:db8::17", "2001:db8:9::4"], admin=True), _arrival(ip="2001:db9::17", admin=True)],
    )
    yield RuleTestCase("quiet.the-same-prefix-by-ipv6", [*_days(5, ["2001:db8::17"]), _arrival(ip="2001:db8:77::1")])
    yield RuleTestCase("quiet.without-an-address", [*_days(5), _arrival(ip=None)])
    yield RuleTestCase("fires.from-two-at-once", [*_days(5), _arrival(), _arrival(at("04-15 11:50"), "192.0.2.9")])
    yield RuleTestCase("quiet.another-key's-network", [*_days(5, key="apikey_01Other"), _arrival()])
    ann, elsewhere = (person("ann", ip) for ip in (HOMES[0], ELSEWHERE))
    chats = [
        activity("claude_chat_created", ann, at(f"04-{day} 09:00"), claude_chat_id="chat_1") for day in range(10, 15)
    ]
    yield RuleTestCase(
        "quiet.a-person-on-the-way", [*chats, activity("claude_chat_created", elsewhere, NOON, claude_chat_id="chat_2")]
    )
    yield RuleTestCase("quiet.collected-two-hours-ago", [*_days(5), _arrival(at("04-15 10:00")), _arrival()])
    yield RuleTestCase("quiet.backfilled", [*_days(5), _arrival(backfilled=True)])
    seen = _arrival(at("04-15 09:00"), backfilled=True)
    yield RuleTestCase("quiet.a-network-that-a-backfill-shows", [*_days(5), seen, _arrival()])
    yield RuleTestCase("fires.after-a-backfilled-past", [*_days(5, backfilled=True), _arrival()])
    yield RuleTestCase("quiet.another-network-of-the-same-name", [*_days(5), _arrival()], OFFICE)
    yield RuleTestCase("fires.after-seven-networks-of-two-names", [*_days(7, HOMES), _arrival(ip="192.0.2.9")], OFFICE)
    yield RuleTestCase("fires.the-office-is-new", [*_days(5, ["192.0.2.9"]), _arrival()], OFFICE)
    yield RuleTestCase(
        "fires.excluded-from-another-rule", [*_days(5), _arrival()], exclusion("keys/dormant-key-awakened", KEY)
    )


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """A network's first use by a key that worked on five days before, from five networks or fewer.

    "Before" is before the first of all networks that are new to the key in the last 75 minutes.
    """
    held = [e for e in calls_by_keys(events) if network_of(e, lookups)]
    rows = []
    for (key,), own in by(held, "actor_uid").items():
        places: dict[str, list[RuleEvent]] = {}
        for e in own:
            places.setdefault(network_of(e, lookups), []).append(e)
        new = {network: there for network, there in places.items() if _is_new(there)}
        before = [e for e in own if e.time < min((n.time for there in new.values() for n in there), default=0)]
        days, networks = len({e.time // DAY for e in before}), len({network_of(e, lookups) for e in before})
        if days < 5 or networks > 5 or key in excluded(lookups, RULE):
            continue
        for place, there in new.items():
            live = [e for e in there if not e.backfilled]
            agents = [agent for e in there if (agent := e.get("http_request.user_agent"))]
            columns = {"src_ip": max(e.src_ip or "" for e in there), "user_agent": max(agents, default="")}
            figures = {"first_use": min(e.time for e in there), "uses": len(live), "days": days, "networks": networks}
            rows.append({"key": key, "network": place, **columns, **figures})
    return rows


def _is_new(there: Sequence[RuleEvent]) -> bool:
    """Its first use is live, and none had arrived before the last run."""
    arrived = [e.arrived for e in there if not e.backfilled]
    return bool(arrived) and min(arrived) >= FRESH and not min(there, key=lambda e: e.time).backfilled


MUTATIONS = (
    Mutation(
        "only keys of the Compliance API",
        ("'api_actor', 'admin_api_key_actor'", "'api_actor'"),
        (" OR unmapped.actor.type=admin_api_key_actor", ""),
        ("fires.an-admin-key-by-ipv6",),
    ),
)
"""Mutants that are not generated."""
