"""Test cases of the rule "API key used after revocation"."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import ADMIN, Collected, activity, at, inventory, key_actor, usage
from tests.content.records_key_inventory import admin_key_actor
from tests.content.reference import DAY, NOW_S, RuleEvent, excluded, is_fresh
from tests.content.reference_keys import key_at_work

RULE = "keys/revoked-key-used"

KEY = "apikey_01Old"
RENAMED = [{"type": "name", "previous_value": "batch", "current_value": "nightly batch"}]


def _status(time: str, after: str, actor: dict[str, Any] = ADMIN, **options: Any) -> Collected:
    """The key's status changed to `after`."""
    updates = [{"type": "status", "previous_value": "unknown", "current_value": after}]
    return activity("platform_api_key_updated", actor, at(time), api_key_id=KEY, updates=updates, **options)


def _archived(time: str = "04-14 09:00", **options: Any) -> Collected:
    return _status(time, "archived", **options)


def _use(time: str = "04-15 11:30", key: str = KEY, method: str = "GET", **options: Any) -> Collected:
    request: dict[str, Any] = {
        "request_id": "req_1",
        "api_key_id": key,
        "url": "https://api.anthropic.com/v1/compliance/apps/chats",
    }
    request |= {"request_method": method, "status_code": 200}
    return activity("compliance_api_accessed", key_actor(key), at(time), **options, **request)


def _tokens(tokens: int = 5000, collected: datetime | None = NOON, **options: Any) -> Collected:
    return usage({"api_key_id": KEY}, at("04-15 09:00"), tokens, collected=collected, **options)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.archived-key-in-the-feed", [_archived("04-02 09:00"), _use("04-15 10:30"), _use()])
    yield RuleTestCase(
        "fires.inactive-in-the-inventory-with-tokens", [inventory(KEY, "inactive", at("04-13 06:00")), _tokens()]
    )
    yield RuleTestCase(
        "fires.an-admin-key",
        [
            activity("admin_api_key_deleted", ADMIN, at("04-14 09:00"), admin_api_key_id=KEY),
            activity("platform_cost_report_viewed", admin_key_actor(KEY), at("04-15 11:30")),
        ],
    )
    yield RuleTestCase("fires.six-minutes-after", [_archived("04-15 11:24"), _use()])
    yield RuleTestCase(
        "fires.enabled-before-it-was-revoked", [_status("04-13 09:00", "active"), _archived(), _use(), _tokens()]
    )
    yield RuleTestCase(
        "fires.revoked-by-a-key-that-lives",
        [_status("04-14 09:00", "archived", key_actor("apikey_01Live")), _use()],
    )
    yield RuleTestCase(
        "fires.listed-as-inactive-again-after-its-use",
        [*(inventory(KEY, "inactive", at(day)) for day in ("04-13 06:00", "04-15 10:30")), _tokens()],
    )
    yield RuleTestCase(
        "fires.archived-in-answer-to-its-use", [_status("04-14 09:00", "inactive"), _use(), _archived("04-15 11:50")]
    )
    restated = [_tokens(200, at("04-15 10:10")), _tokens(5000), _use(), _use()]
    yield RuleTestCase("fires.once-for-restated-and-repeated-use", [_archived(), *restated])
    yield RuleTestCase("quiet.used-before-it-was-revoked", [_use(), _archived("04-15 11:40")])
    yield RuleTestCase("quiet.within-the-grace", [_archived("04-15 11:25"), _use()])
    yield RuleTestCase("quiet.enabled-again", [_archived(), _status("04-14 10:00", "active"), _use()])
    yield RuleTestCase("quiet.another-key", [_archived(), _use(key="apikey_01Other")])
    renamed = activity("platform_api_key_updated", ADMIN, at("04-14 09:00"), api_key_id=KEY, updates=RENAMED)
    yield RuleTestCase("quiet.renamed-not-revoked", [renamed, _use()])
    yield RuleTestCase("quiet.active-in-the-inventory", [inventory(KEY, "active", at("04-13 06:00")), _tokens()])
    yield RuleTestCase("quiet.no-tokens", [_archived(), _tokens(0)])
    yield RuleTestCase("quiet.tokens-restated-to-none", [_archived(), _tokens(collected=at("04-15 11:10")), _tokens(0)])
    yield RuleTestCase("quiet.collected-two-hours-ago", [_archived(), _use("04-15 09:59")])
    yield RuleTestCase("quiet.backfilled-use", [_archived(), _use(collected=NOON, backfilled=True)])
    yield RuleTestCase("quiet.backfilled-tokens", [_archived(), _tokens(backfilled=True)])
    yield RuleTestCase("quiet.backfilled-revocation", [_archived(backfilled=True), _use()])
    yield RuleTestCase("quiet.deletes-through-the-compliance-api", [_use("04-15 09:00", method="DELETE"), _use()])
    role = activity("rbac_role_deleted", ADMIN, at("04-14 09:00"), role_id=KEY)
    yield RuleTestCase("quiet.something-else-of-that-id-was-deleted", [role, _use()])
    for name, rule in (("quiet.excluded-key", RULE), ("fires.excluded-from-another-rule", "tokens/token-spike-user")):
        yield RuleTestCase(name, [_archived(), _use()], exclusion(rule, KEY))


def reference(events: Sequence[RuleEvent], lookups: Mapping[str, str]) -> list[dict[str, Any]]:
    """Uses of a key more than five minutes after its first revocation since it was last enabled; one of them new."""
    known = [e for e in events if not e.backfilled and e.time >= NOW_S - 14 * DAY]
    used: dict[str, list[RuleEvent]] = {}
    for one in known:
        key = key_at_work(one)
        if key and key not in excluded(lookups, RULE):
            used.setdefault(key, []).append(one)
    rows = []
    for key, all_uses in used.items():
        activities = [e for e in known if e.object_uid == key and e.stream == "activity"]
        enabled = max((e.time for e in activities if e.class_uid == 3004 and e.activity_id == 8), default=0)
        revoked = min((e.time for e in activities if _revokes(e) and e.time > enabled), default=None)
        uses = [u for u in all_uses if revoked is not None and u.time > revoked + 300]
        if is_fresh(uses):
            times, addresses = [u.time for u in uses], {u.src_ip for u in uses} - {None}
            row = {"key": key, "revoked_at": revoked, "first_use": min(times), "last_use": max(times)}
            rows.append({**row, "uses": len(uses), "tokens": sum(u.tokens for u in uses), "src_ips": len(addresses)})
    return rows


def _revokes(one: RuleEvent) -> bool:
    if one.class_uid == 5023:
        return one.event["resources"][0]["data"].get("status") in ("inactive", "archived", "expired")
    return one.class_uid == 3004 and one.object_type == "API Key" and one.activity_id in (4, 9)


_TERMS = (
    "(claude_class=3004 OR claude_class=5023 OR unmapped.actor.type=api_actor OR "
    "unmapped.actor.type=admin_api_key_actor OR claude_code=usage_report.messages)"
)
EQUIVALENT = {
    f"spl: without `{_TERMS}`": "whatever else there is has no role: reads less",
    "kql: without `actor_type in ('api_actor', 'admin_api_key_actor')`": "no other actor's id is a key's: reads less",
}
"""Mutants that no event distinguishes from the rule."""

MUTATIONS = (
    Mutation(
        "the newest sign of a revocation counts",
        ("revoked_at = min(event_time)", "revoked_at = max(event_time)"),
        ("eventstats min(revoked_time)", "eventstats max(revoked_time)"),
        ("fires.listed-as-inactive-again-after-its-use", "fires.archived-in-answer-to-its-use"),
    ),
    Mutation(
        "any change of a key is a revocation",
        ("activity_id in (4, 9)", "activity_id in (3, 4, 9)"),
        ("(activity_id=4 OR activity_id=9)", "(activity_id=3 OR activity_id=4 OR activity_id=9)"),
        ("quiet.renamed-not-revoked",),
    ),
    Mutation(
        "disabling is no revocation",
        ("activity_id in (4, 9)", "activity_id in (4)"),
        ("(activity_id=4 OR activity_id=9)", "(activity_id=4)"),
        ("fires.archived-key-in-the-feed",),
    ),
    Mutation(
        "deleting is no revocation",
        ("activity_id in (4, 9)", "activity_id in (9)"),
        ("(activity_id=4 OR activity_id=9)", "(activity_id=9)"),
        ("fires.an-admin-key",),
    ),
    Mutation(
        "every listed key is revoked",
        ("object_status in ('inactive', 'archived', 'expired')", "isnotempty(object_status)"),
        ('in(coalesce(object_status, "active"), "inactive", "archived", "expired")', "isnotnull(object_status)"),
        ("quiet.active-in-the-inventory",),
    ),
)
"""Mutants that are not generated."""
