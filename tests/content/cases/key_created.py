"""Test cases of the rule "API key created by unusual actor"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import Collected, activity, at, key_actor, person
from tests.content.records_key_inventory import admin_key_actor, key_differs, listed_key
from tests.content.reference import DAY, FRESH, NOW_S, RuleEvent, by, excluded

RULE = "keys/key-created"

DANA = person("dana") | {"user_agent": "Mozilla/5.0"}


def _made(
    time: str = "04-15 11:30", who: dict[str, Any] = DANA, key: str = "apikey_01New", **options: Any
) -> Collected:
    return activity("platform_api_key_created", who, at(time), **{"api_key_id": key, **options})


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    second = _made("04-15 11:40", key="apikey_01Second")
    yield RuleTestCase("fires.two-keys-the-first-twice", [_made(), _made(), second])
    yield RuleTestCase("quiet.one-before-twelve-days-ago", [_made("04-03 09:00", key="apikey_01Before"), _made()])
    duplicates = [_made(key=f"apikey_01Twin{n}", number=n) for n in range(4)]
    yield RuleTestCase("fires.four-keys-at-the-same-time", [duplicates[2], duplicates[0], duplicates[3], duplicates[1]])
    by_another = [_made("04-03 09:00", person("lena"), "apikey_01Lena"), _made(who=admin_key_actor("apikey_01Admin"))]
    yield RuleTestCase("fires.made-by-a-key-and-before-by-another", by_another)
    yield RuleTestCase("fires.collected-a-day-late", [_made("04-14 09:00", collected=NOON)])
    yield RuleTestCase(
        "quiet.one-before-that-was-backfilled", [_made("04-10 09:00", key="apikey_01B", backfilled=True), _made()]
    )
    yield RuleTestCase("quiet.collected-two-hours-ago", [_made("04-15 10:00")])
    yield RuleTestCase("quiet.backfilled", [_made(backfilled=True)])
    yield RuleTestCase(
        "quiet.a-workspace-made", [activity("platform_workspace_created", DANA, NOON, workspace_id="wrkspc_1")]
    )
    renamed = [{"type": "name", "previous_value": "batch", "current_value": "nightly"}]
    yield RuleTestCase(
        "quiet.a-key-renamed",
        [activity("platform_api_key_updated", DANA, NOON, api_key_id="apikey_01New", updates=renamed)],
    )
    yield RuleTestCase("quiet.only-in-the-list", [key_differs(None, listed_key("apikey_01New"), NOON)])
    call: dict[str, Any] = {
        "request_method": "POST",
        "request_id": "req_1",
        "status_code": 200,
        "url": "/v1/compliance",
    }
    posted = activity("compliance_api_accessed", key_actor("apikey_01Job"), NOON, api_key_id="apikey_01Job", **call)
    yield RuleTestCase("quiet.posted-through-the-compliance-api", [posted])
    for name, rule in (("quiet.excluded-person", RULE), ("fires.excluded-from-another-rule", "keys/key-churn")):
        yield RuleTestCase(name, [_made()], exclusion(rule, "user_dana", "monthly"))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Makers whose first key within fourteen days is new."""
    codes = ("platform_api_key_created", "api_key_created", "admin_api_key_created", "service_key_created")
    made = [e for e in events if e.code in codes and e.time >= NOW_S - 14 * DAY]
    rows = []
    for (maker,), own in by(made, "actor_uid").items():
        first = min(own, key=lambda e: (e.time, e.uid))
        if first.backfilled or first.arrived < FRESH or maker in excluded(lookups, RULE):
            continue
        row = {"actor_uid": maker, "user": first.user, "actor_type": first.actor_type, "src_ip": first.src_ip}
        row |= {"user_agent": first.get("http_request.user_agent"), "made_at": first.time, "key": first.object_uid}
        rows.append({**row, "event_code": first.code, "keys_made": len(own)})
    return rows


EQUIVALENT = {
    "spl: without `claude_actor=*`": "`dedup` drops what has no actor: reads less",
}
"""Mutants that no event distinguishes from the rule."""

MUTATIONS = (
    Mutation(
        "the newest key counts",
        ("made_at = min(event_time)", "made_at = max(event_time)"),
        ("sort 0 event_time str(event_uid)", "sort 0 - event_time"),
        ("quiet.one-before-twelve-days-ago",),
    ),
)
"""Mutants that are not generated."""
