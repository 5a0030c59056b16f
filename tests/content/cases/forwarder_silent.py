"""Test cases of the rule "Forwarder stopped reporting"."""

from collections.abc import Iterator

from tests.content.case import Mutation, RuleTestCase, exclusion
from tests.content.records import INSTANCE, activity, at, person
from tests.content.records_visibility import SECOND, check_report, report, reports

RULE = "visibility/forwarder-silent"

THREE = reports(at("04-15 11:35"), 3)
"""The last a quarter of an hour before the rule runs."""


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.a-quarter-of-an-hour", THREE)
    yield RuleTestCase(
        "fires.stopped", [*THREE[:2], report(at("04-15 11:30")), report(at("04-15 11:41"), kind="stopped", backlog=320)]
    )
    yield RuleTestCase("fires.nothing-else-for-hours", reports(at("04-14 12:30"), 3))
    yield RuleTestCase("fires.one-of-two", [*THREE, *reports(at("04-15 11:45"), 3, instance=SECOND)])
    quiet_feed = activity("claude_chat_created", person("lena"), at("04-15 11:55"), claude_chat_id="claude_chat_1")
    yield RuleTestCase("fires.though-activities-arrive", [*THREE, quiet_feed])
    yield RuleTestCase("quiet.reports", [*THREE, report(at("04-15 11:46"))])
    yield RuleTestCase("quiet.begun-again", [*THREE, report(at("04-15 11:50"), kind="started")])
    yield RuleTestCase("quiet.started-and-two-reports", [report(at("04-15 10:00"), kind="started"), *THREE[:2]])
    yield RuleTestCase("quiet.the-same-report-twice", THREE[:2] * 2)
    yield RuleTestCase("quiet.checks-only", [check_report(at(f"04-15 10:0{minute}")) for minute in range(3)])
    yield RuleTestCase("quiet.stopped-before-the-lookback", reports(at("04-14 11:30"), 3))
    yield RuleTestCase("quiet.nothing-at-all", [])
    yield RuleTestCase("quiet.excluded-instance", THREE, _excluded(RULE))
    yield RuleTestCase("fires.excluded-from-another-rule", THREE, _excluded("visibility/dead-letters-growing"))


def _excluded(rule: str) -> dict[str, str]:
    return exclusion(rule, INSTANCE, "moves to another host")


MUTATIONS = (
    Mutation(
        "starts and stops are reports",
        ("countif(event_code == 'forwarder.health')", "count()"),
        ('count(eval(event_code="forwarder.health"))', "count"),
        ("quiet.started-and-two-reports",),
    ),
)
"""Mutants that are not generated."""
EQUIVALENT = {
    "kql: without `class_uid == 6002`": "whatever holds a forwarder's version is of this class, which is found fast",
    "spl: without `claude_class=6002`": "whatever holds a forwarder's version is of this class, which is found fast",
}
