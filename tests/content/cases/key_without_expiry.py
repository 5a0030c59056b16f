"""Test cases of the rule "API key without expiry"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import NOON, RuleTestCase, exclusion
from tests.content.records import Collected, at
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
    yield RuleTestCase("quiet.an-older-key-in-the-inventory", [key_in_inventory(ENDLESS, NOON, age_days=165)])
    yield RuleTestCase("quiet.collected-two-hours-ago", [_made(time="04-15 10:00")])
    yield RuleTestCase("quiet.backfilled", [_made(backfilled=True)])
    for name, rule in (("quiet.excluded-owner", RULE), ("fires.excluded-from-another-rule", "keys/key-created")):
        yield RuleTestCase(name, [_made()], exclusion(rule, OWNER, "has no ends"))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every new change after which an active key has no end: it is new, or had one before."""
    rows = []
    for one in events:
        is_change = one.code.startswith("api_key.") and one.code not in ("api_key.inventory", "api_key.vanished")
        if not is_change or one.backfilled or one.time < NOW_S - DAY or one.arrived < FRESH:
            continue
        made = one.code == "api_key.created"
        before, after = one.event["entity"], one.event["entity" if made else "entity_result"]
        ended = None if made else before["data"].get("expires_at")
        if after["data"].get("status") != "active" or after["data"].get("expires_at"):
            continue
        owner = after.get("user", {}).get("uid")
        if (made or ended) and owner not in excluded(lookups, RULE):
            row = {"key": one.object_uid, "key_name": before["name"], "seen_at": one.time, "was_expiring": ended}
            row |= {"owner_uid": owner, "change": "made" if made else "expiry removed"}
            rows.append({**row, "created_at": before["data"].get("created_at")})
    return rows


EQUIVALENT = {
    "kql: without `event_code startswith 'api_key.'`": "nothing else loses an end and is active then: reads less",
    "spl: without `claude_class=3004`": "an inventory record has no entity: reads less",
    "spl: without `claude_code=api_key.*`": "nothing else loses an end and is active then: reads less",
}
"""Mutants that no event distinguishes from the rule."""
