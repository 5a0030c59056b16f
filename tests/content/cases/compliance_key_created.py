"""Test cases of the rule "Compliance API key created"."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import ADMIN, Collected, activity, at
from tests.content.reference import DAY, FRESH, NOW_S, RuleEvent, excluded

RULE = "keys/compliance-key-created"

KEY = "apikey_01Reader"
ACTIVITIES, CHATS = "read:compliance_activities", "read:compliance_user_data"


def _made(
    *scopes: str, time: str = "04-15 11:30", kind: str = "api_key_created", key: str = KEY, **options: Any
) -> Collected:
    maker = ADMIN | {"user_agent": "Mozilla/5.0"}
    options = {"restricted_to_organization": True} | options if kind == "api_key_created" else options
    named = "admin_api_key_id" if kind == "admin_api_key_created" else "api_key_id"
    return activity(kind, maker, at(time), **{**options, named: key, "scopes": list(scopes)})


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase(
        "fires.reads-activities", [_made("read:org_audit", ACTIVITIES), _made("read:org_audit", ACTIVITIES)]
    )
    before = _made(CHATS, time="04-02 09:00", key="apikey_01Before", backfilled=True)
    yield RuleTestCase("fires.reads-chats-after-another", [before, _made(ACTIVITIES, CHATS)])
    yield RuleTestCase("fires.an-admin-key-that-does", [_made(ACTIVITIES, kind="admin_api_key_created")])
    yield RuleTestCase(
        "fires.collected-a-day-late", [_made("delete:compliance_user_data", time="04-14 09:00", collected=NOON)]
    )
    yield RuleTestCase("quiet.other-scopes", [_made("read:org_audit", "read:analytics")])
    deleted = activity("scoped_api_key_deleted", ADMIN, NOON, api_key_id=KEY, scopes=[ACTIVITIES])
    yield RuleTestCase("quiet.such-a-key-deleted", [deleted])
    yield RuleTestCase("quiet.collected-two-hours-ago", [_made(ACTIVITIES, time="04-15 10:00")])
    yield RuleTestCase("quiet.backfilled", [_made(ACTIVITIES, backfilled=True)])
    for name, rule in (("quiet.excluded-person", RULE), ("fires.excluded-from-another-rule", "keys/key-created")):
        yield RuleTestCase(name, [_made(ACTIVITIES)], exclusion(rule, "user_admin", "rotates"))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every new key with a compliance scope, with how many of them its maker made within fourteen days."""
    codes = ("api_key_created", "admin_api_key_created", "service_key_created")
    keys = [e for e in events if e.code in codes and e.time >= NOW_S - 14 * DAY]
    made = [e for e in keys if any(":compliance_" in scope for scope in e.get("entity.data.scopes") or [])]
    rows = []
    for one in made:
        if one.backfilled or one.arrived < FRESH or one.actor_uid in excluded(lookups, RULE):
            continue
        scopes = one.get("entity.data.scopes")
        content = "yes" if any(scope.endswith(":compliance_user_data") for scope in scopes) else "no"
        row = {"key": one.object_uid, "made_at": one.time, "user": one.user, "actor_uid": one.actor_uid}
        row |= {"src_ip": one.src_ip, "user_agent": one.get("http_request.user_agent"), "content": content}
        own = sum(other.actor_uid == one.actor_uid for other in made)
        rows.append({**row, "scopes": ", ".join(scopes), "keys_made": own})
    return rows


EQUIVALENT = {
    "spl: without `claude_class=3004`": "only keys have scopes of the Compliance API: reads less",
}
"""Mutants that no event distinguishes from the rule."""

MUTATIONS = (
    Mutation(
        "any scope of compliance is content",
        ("contains ':compliance_user_data'", "contains ':compliance_'"),
        ('":compliance_user_data"', '":compliance_"'),
        ("fires.reads-activities",),
    ),
)
"""Mutants that are not generated."""
