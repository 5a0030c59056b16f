"""Test cases of the rule "Compliance API or activity logging disabled"."""

from collections.abc import Iterator
from typing import Any

from tests.content.case import Mutation, RuleTestCase, exclusion
from tests.content.records import ADMIN, ORGANIZATION, activity, arriving, at
from tests.content.records_visibility import switched

RULE = "visibility/compliance-logging-disabled"

KEY = {"type": "admin_api_key_actor", "admin_api_key_id": "apikey_01Admin", "ip_address": "203.0.113.50"}
OTHER = "bcdef012-3456-789a-bcde-f01234567890"
OFF = at("04-15 11:51")
"""A few minutes before the rule runs, which it does every five minutes."""
LATER = at("04-15 11:52")
ON: dict[str, Any] = {"compliance_api_logging_enabled": True}


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.logging-off", [switched(OFF)])
    yield RuleTestCase(
        "fires.both-off-by-a-key", [switched(OFF, who=KEY, compliance_api_enabled=False, organization_uuid=OTHER)]
    )
    yield RuleTestCase("fires.the-api-off-and-logging-on", [switched(OFF, compliance_api_enabled=False, **ON)])
    yield RuleTestCase("fires.off-and-on-again", [switched(OFF), switched(LATER, **ON), switched(OFF)])
    yield RuleTestCase("fires.one-after-the-other", [switched(OFF), switched(LATER, compliance_api_enabled=False)])
    yield RuleTestCase("fires.on-before-it-was-off", [switched(at("04-14 09:00"), **ON), switched(OFF)])
    yield RuleTestCase(
        "fires.another-organization-on-again", [switched(OFF), switched(LATER, organization_uuid=OTHER, **ON)]
    )
    yield RuleTestCase("fires.collected-two-days-late", [switched(at("04-13 12:30"), collected=LATER)])
    yield RuleTestCase("fires.on-again-by-a-backfilled-row", [switched(OFF), switched(LATER, backfilled=True, **ON)])
    yield RuleTestCase("quiet.switched-on", [switched(OFF, **ON)])
    yield RuleTestCase("quiet.neither-on-nor-off", [switched(OFF, compliance_api_logging_enabled=None)])
    yield RuleTestCase(
        "quiet.another-switch-off",
        [activity("org_claude_code_desktop_disabled", ADMIN, OFF, previous_value=True, current_value=False)],
    )
    yield RuleTestCase("quiet.collected-a-quarter-of-an-hour-ago", [switched(at("04-15 11:44"))])
    yield RuleTestCase("quiet.backfilled", [switched(OFF, backfilled=True)])
    yield RuleTestCase("quiet.older-than-the-lookback", [switched(at("04-10 11:00"), collected=LATER)])
    yield RuleTestCase("quiet.excluded-id", [switched(OFF)], exclusion(RULE, "user_admin"))
    yield RuleTestCase("quiet.excluded-organization", [switched(OFF)], exclusion(RULE, ORGANIZATION))
    yield RuleTestCase("fires.arrived-two-days-late", [arriving(switched(at("04-13 12:30")), LATER)])
    yield RuleTestCase("quiet.excluded-actor", [switched(OFF)], _excluded(RULE))
    yield RuleTestCase("fires.excluded-from-another-rule", [switched(OFF)], _excluded("visibility/feed-gap"))


def _excluded(rule: str) -> dict[str, str]:
    return exclusion(rule, "admin@example.com", "a merger")


MUTATIONS = (
    Mutation(
        "on at any time is on again",
        ("iff(enabled_at > event_time, enabled_at, datetime(null))", "enabled_at"),
        ("if(enabled_at > event_time, enabled_at, null())", "enabled_at"),
        ("fires.on-before-it-was-off",),
    ),
)
"""Mutants that are not generated."""
