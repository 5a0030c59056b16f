"""Test cases of the rule "Sensitive action after activity logging disabled"."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import ADMIN, Collected, activity, arriving, at, person
from tests.content.records_visibility import listed, switched

RULE = "visibility/logging-disabled-then-sensitive-action"

OTHER = "bcdef012-3456-789a-bcde-f01234567890"
OFF = switched(at("04-15 09:00"))
KEY = {"id": "apikey_01New", "name": "batch", "status": "active", "type": "api_key"}


def _key_created(**options: Any) -> Collected:
    time = options.pop("time", NOON)
    return activity("platform_api_key_created", ADMIN, time, api_key_id="apikey_01New", **options)


def _role(email: str, role: str) -> dict[str, Any]:
    return {"id": "user_mateo", "email": email, "name": "Mateo", "role": role, "type": "user"}


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.a-key", [OFF, _key_created(), _key_created()])
    helper = person("mateo", "203.0.113.9")
    yield RuleTestCase(
        "fires.an-export-and-a-role-by-two-people",
        [
            OFF,
            activity("org_data_export_started", ADMIN, at("04-15 11:20"), export_type="conversations"),
            activity("rbac_role_assigned", helper, NOON, role_id="role_01", principal_id="user_lena"),
        ],
    )
    was, now = _role("mateo@example.com", "user"), _role("mateo@example.com", "admin")
    yield RuleTestCase(
        "fires.found-only-in-lists", [OFF, listed("api_keys", NOON, None, KEY), listed("users", NOON, was, now)]
    )
    yield RuleTestCase(
        "fires.by-a-service-of-anthropic",
        [switched(at("04-15 09:00"), who={"type": "anthropic_actor"}), _key_created()],
    )
    yield RuleTestCase("fires.a-day-later-to-the-second", [switched(NOON - timedelta(days=1)), _key_created()])
    yield RuleTestCase(
        "fires.the-last-of-two-switches-counts", [switched(at("04-14 09:00")), OFF, _key_created(), _key_created()]
    )
    yield RuleTestCase("quiet.more-than-a-day-later", [switched(NOON - timedelta(days=1, minutes=1)), _key_created()])
    yield RuleTestCase("quiet.before-the-switch", [_key_created(time=at("04-15 08:59"), collected=NOON), OFF])
    yield RuleTestCase(
        "quiet.switched-on", [switched(at("04-15 09:00"), compliance_api_logging_enabled=True), _key_created()]
    )
    yield RuleTestCase(
        "quiet.another-control-switched-off",
        [activity("org_claude_code_desktop_disabled", ADMIN, at("04-15 09:00")), _key_created()],
    )
    yield RuleTestCase("quiet.in-another-organization", [OFF, _key_created(organization_uuid=OTHER)])
    yield RuleTestCase("quiet.something-ordinary", [OFF, activity("claude_project_created", ADMIN, NOON), OFF])
    yield RuleTestCase("quiet.collected-two-hours-ago", [OFF, _key_created(time=at("04-15 10:00"))])
    yield RuleTestCase(
        "quiet.another-action-after-the-first", [OFF, _key_created(time=at("04-15 10:00")), _key_created()]
    )
    late = switched(at("04-12 09:00"))
    yield RuleTestCase(
        "fires.both-arrived-days-late",
        [arriving(one, NOON) for one in (late, _key_created(time=at("04-12 09:30")))],
    )
    yield RuleTestCase("fires.the-switch-arrived-last", [arriving(OFF, NOON), _key_created(time=at("04-15 09:30"))])
    yield RuleTestCase("fires.a-backfilled-switch", [switched(at("04-15 09:00"), backfilled=True), _key_created()])
    yield RuleTestCase(
        "quiet.a-switch-backfilled-after-the-action",
        [switched(at("04-15 09:00"), backfilled=True, collected=NOON), _key_created(time=at("04-15 10:00"))],
    )
    yield RuleTestCase("quiet.a-backfilled-action", [OFF, _key_created(backfilled=True)])
    yield RuleTestCase("quiet.excluded-id", [OFF, _key_created()], exclusion(RULE, "user_admin"))
    yield RuleTestCase("quiet.excluded-actor", [OFF, _key_created()], _excluded(RULE))
    yield RuleTestCase("fires.excluded-from-another-rule", [OFF, _key_created()], _excluded("visibility/feed-gap"))


def _excluded(rule: str) -> dict[str, str]:
    return exclusion(rule, "admin@example.com", "set-up")


MUTATIONS = (
    Mutation(
        "what was known is decided by the action alone",
        (" and disabled_arrived < ago(fresh)", ""),
        ("max(arrived, disabled_arrived)", "arrived"),
        ("fires.the-switch-arrived-last",),
    ),
    Mutation(
        "every actor counts as the one who disabled logging",
        ("actor_uid == disabler", "true"),
        ("actor_uid=disabled_uid", "1=1"),
        ("fires.an-export-and-a-role-by-two-people",),
    ),
)
"""Mutants that are not generated."""

EQUIVALENT = {
    "spl: without `(claude_class=3004 OR claude_class=3005 OR claude_code=*export*)`": (
        "every type that is asked for later has one of these classes or exports something; fewer events are read"
    ),
}
