"""Test cases of the rule "Cowork or Claude Code telemetry redirected or disabled"."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.content.case import NOON, Mutation, RuleTestCase, exclusion
from tests.content.records import ADMIN, Collected, activity, arriving, at

RULE = "visibility/telemetry-redirected"

OWN, FOREIGN = "https://otel.example.com:4318", "https://collector.example.net"


def _endpoint(before: str | None, after: str | None, time: datetime = NOON, **options: Any) -> Collected:
    endpoints = {"previous_otlp_endpoint": before, "new_otlp_endpoint": after}
    return activity("org_cowork_otlp_settings_updated", ADMIN, time, **{**endpoints, **options})


def _metrics(before: bool, after: bool) -> Collected:
    update = {"type": "claude_code_metrics_logging_enabled", "previous_value": before, "current_value": after}
    return activity("claude_organization_settings_updated", ADMIN, NOON, updates=[update])


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.redirected", [_endpoint(OWN, FOREIGN), _endpoint(OWN, FOREIGN)])
    yield RuleTestCase("fires.set-up", [_endpoint(None, FOREIGN)])
    yield RuleTestCase("fires.cut-off", [_endpoint(OWN, None)])
    yield RuleTestCase("fires.metrics-off", [_metrics(True, False)])
    yield RuleTestCase("fires.collected-two-days-late", [_endpoint(OWN, FOREIGN, at("04-13 12:30"), collected=NOON)])
    late = arriving(_endpoint(OWN, FOREIGN, at("04-13 12:30")), NOON)
    yield RuleTestCase("fires.arrived-two-days-late", [late])
    yield RuleTestCase("quiet.metrics-on", [_metrics(False, True)])
    yield RuleTestCase("quiet.the-endpoint-stays", [_endpoint(OWN, OWN, new_otlp_protocol="grpc")])
    yield RuleTestCase("quiet.only-what-is-captured", [_endpoint(None, None, new_otlp_content_capture=["prompts"])])
    other = {"type": "redact_content", "previous_value": True, "current_value": False}
    yield RuleTestCase(
        "quiet.another-setting-off", [activity("claude_organization_settings_updated", ADMIN, NOON, updates=[other])]
    )
    yield RuleTestCase("quiet.collected-two-hours-ago", [_endpoint(OWN, FOREIGN, at("04-15 10:00"))])
    yield RuleTestCase("quiet.backfilled", [_endpoint(OWN, FOREIGN, backfilled=True)])
    yield RuleTestCase("quiet.excluded-endpoint", [_endpoint(None, OWN)], _excluded(RULE))
    yield RuleTestCase(
        "fires.excluded-from-another-rule", [_endpoint(None, OWN)], _excluded("visibility/audit-truncated")
    )


def _excluded(rule: str) -> dict[str, str]:
    return exclusion(rule, OWN, "our own collector")


MUTATIONS = (
    Mutation(
        "any change of the metrics setting",
        ("metrics == 'false') and", "isnotempty(metrics)) and"),
        ('metrics="false")\n', 'metrics!="")\n'),
        ("quiet.metrics-on",),
    ),
)
"""Mutants that are not generated."""

NO_OTHERS = "no other type has these settings before and after; the codes find them fast"
CODES = ("org_cowork_otlp_settings_updated", "claude_organization_settings_updated")
EQUIVALENT = {
    f"kql: without `event_code in ('{CODES[0]}', '{CODES[1]}')`": NO_OTHERS,
    f"spl: without `(claude_code={CODES[0]} OR claude_code={CODES[1]})`": NO_OTHERS,
}
