"""Test cases of the rule "Admin API key created"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import NOON, RuleTestCase, exclusion
from tests.content.records import ADMIN, Collected, activity, at, person
from tests.content.reference import DAY, FRESH, NOW_S, RuleEvent, excluded

RULE = "keys/admin-key-created"

SCOPES = ["read:organization", "write:members"]


def _made(
    time: str = "04-15 11:30", who: dict[str, Any] | None = None, key: str = "apikey_01Admin", **options: Any
) -> Collected:
    maker = who or ADMIN | {"user_agent": "Mozilla/5.0"}
    options = {"admin_api_key_id": key, "scopes": SCOPES, **options}
    return activity("admin_api_key_created", maker, at(time), **options)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.made-and-read-twice", [_made(), _made()])
    lena = _made("04-13 09:00", person("lena"), "apikey_01Lena")
    before = _made("04-02 09:00", key="apikey_01Before", backfilled=True)
    yield RuleTestCase(
        "fires.the-third-of-two-weeks", [before, lena, _made("04-12 09:00", key="apikey_01Then"), _made()]
    )
    yield RuleTestCase("fires.collected-a-day-late", [_made("04-14 09:00", collected=NOON)])
    stranger = {"type": "user_actor", "email_address": "new@example.com", "ip_address": "203.0.113.9"}
    yield RuleTestCase("fires.made-by-an-actor-without-an-id", [_made(who=stranger)])
    yield RuleTestCase("quiet.collected-two-hours-ago", [_made("04-15 10:00")])
    yield RuleTestCase("quiet.backfilled", [_made(backfilled=True)])
    gone = activity("admin_api_key_deleted", ADMIN, NOON, admin_api_key_id="apikey_01Admin")
    made = activity("platform_api_key_created", ADMIN, NOON, api_key_id="apikey_01Plain")
    yield RuleTestCase("quiet.deleted-and-an-ordinary-key-made", [gone, made])
    for name, rule in (("quiet.excluded-person", RULE), ("fires.excluded-from-another-rule", "keys/key-created")):
        yield RuleTestCase(name, [_made()], exclusion(rule, "user_admin", "makes them"))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every new Admin key, with how many its maker made within fourteen days."""
    made = [e for e in events if e.code == "admin_api_key_created" and e.time >= NOW_S - 14 * DAY]
    rows = []
    for one in made:
        if one.backfilled or one.arrived < FRESH or one.actor_uid in excluded(lookups, RULE):
            continue
        own = sum(other.actor_uid == one.actor_uid for other in made)
        row = {"key": one.object_uid, "made_at": one.time, "user": one.user, "actor_uid": one.actor_uid}
        row |= {"src_ip": one.src_ip, "user_agent": one.get("http_request.user_agent"), "keys_made": own}
        rows.append({**row, "scopes": ", ".join(one.get("entity.data.scopes") or [])})
    return rows
