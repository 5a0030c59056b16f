"""Test cases of the rule "API key without expiry"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import NOON, RuleTestCase, exclusion
from tests.content.records import Collected, arriving, at
from tests.content.records_key_inventory import OWNER, key_differs, key_in_inventory, listed_key
from tests.content.reference import DAY, FRESH, NOW_S, RuleEvent, excluded

RULE = "keys/key-without-expiry"

KEY = "apikey_01Endless"
ENDLESS = listed_key(KEY)
ENDING = listed_key(KEY, expires_at="2026-08-09T00:00:00Z")


def _made(shown: dict[str, Any] = ENDLESS, time: str = "04-15 11:30", **options: Any) -> Collected:
    return key_differs(None, shown, at(time), **options)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.made-without-an-end", [_made(), _made()])
    yield RuleTestCase("fires.end-taken-away", [key_differs(ENDING, ENDLESS, NOON)])
    inactive = {"status": "inactive"}
    yield RuleTestCase("fires.end-taken-away-and-enabled", [key_differs({**ENDING, **inactive}, ENDLESS, NOON)])
    yield RuleTestCase("fires.collected-a-day-late", [_made(time="04-14 13:00", collected=NOON)])
    yield RuleTestCase("quiet.made-with-an-end", [_made(ENDING)])
    yield RuleTestCase("quiet.renamed-without-an-end", [key_differs(ENDLESS, {**ENDLESS, "name": "nightly"}, NOON)])
    yield RuleTestCase(
        "quiet.end-put-off", [key_differs(ENDING, {**ENDING, "expires_at": "2027-08-09T00:00:00Z"}, NOON)]
    )
    yield RuleTestCase("quiet.made-and-disabled", [_made({**ENDLESS, **inactive})])
    yield RuleTestCase("quiet.end-taken-away-and-disabled", [key_differs(ENDING, {**ENDLESS, **inactive}, NOON)])
    yield RuleTestCase("quiet.deleted", [key_differs(ENDING, None, NOON)])
    yield RuleTestCase("quiet.an-older-key-in-the-inventory", [key_in_inventory(ENDLESS, NOON, age_days=135)])
    yield RuleTestCase("fires.half-a-year-without-an-end", [key_in_inventory(ENDLESS, NOON, age_days=180)])
    yield RuleTestCase("quiet.half-a-year-with-an-end", [key_in_inventory(ENDING, NOON, age_days=180)])
    yield RuleTestCase("quiet.listed-on-its-first-day", [key_in_inventory(ENDLESS, NOON, age_days=0)])
    off = {**ENDLESS, **inactive}
    yield RuleTestCase("quiet.half-a-year-old-and-disabled", [key_in_inventory(off, NOON, age_days=180)])
    yield RuleTestCase("fires.arrived-two-days-late", [arriving(_made(time="04-13 14:00"), NOON)])
    yield RuleTestCase("quiet.collected-two-hours-ago", [_made(time="04-15 10:00")])
    yield RuleTestCase("quiet.backfilled", [_made(backfilled=True)])
    for name, rule in (("quiet.excluded-owner", RULE), ("fires.excluded-from-another-rule", "keys/key-created")):
        yield RuleTestCase(name, [_made()], exclusion(rule, OWNER, "has no ends"))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """New changes after which an active key has no end, and the keys without one whose age is a multiple of 90 days."""
    rows = []
    for one in events:
        if one.code == "api_key.vanished" or not one.code.startswith("api_key."):
            continue
        before, after, change = _as_shown(one)
        if one.backfilled or one.time < NOW_S - 5 * DAY or one.arrived < FRESH:
            continue
        ended, owner = before["data"].get("expires_at") if change == "expiry removed" else None, after["owner_uid"]
        age_days = one.get("unmapped.derived.age_days") or 0
        reported = {"made": True, "expiry removed": bool(ended)}.get(change, age_days > 0 and age_days % 90 == 0)
        endless = after["data"].get("status") == "active" and not after["data"].get("expires_at")
        if reported and endless and owner not in excluded(lookups, RULE):
            row = {"key": one.object_uid, "key_name": before["name"], "seen_at": one.time, "was_expiring": ended}
            row |= {"owner_uid": owner, "change": change, "created_at": before["data"].get("created_at")}
            rows.append(row)
    return rows


def _as_shown(one: RuleEvent) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The key before and after, with the owner's id, and what happened to it."""
    if one.code == "api_key.inventory":
        key = one.event["resources"][0]
        return key, {**key, "owner_uid": key.get("owner", {}).get("uid")}, "still without expiry"
    before = one.event["entity"]
    after = before if one.code == "api_key.created" else one.event.get("entity_result") or {"data": {}}
    change = "made" if one.code == "api_key.created" else "expiry removed"
    return before, {**after, "owner_uid": after.get("user", {}).get("uid")}, change


EQUIVALENT = {
    "kql: without `event_code startswith 'api_key.'`": "nothing else loses an end and is active then: reads less",
    "spl: without `claude_code=api_key.*`": "nothing else loses an end and is active then: reads less",
}
"""Mutants that no event distinguishes from the rule."""
