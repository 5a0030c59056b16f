"""Test cases of the rule "Forwarder stopped reporting"."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.content.case import Mutation, RuleTestCase, exclusion
from tests.content.records import INSTANCE, Collected, activity, arriving, at, person
from tests.content.records_visibility import SECOND, check_report, report, reports

RULE = "visibility/forwarder-silent"

THREE = reports(at("04-15 11:35"), 3)
"""The last arrives a quarter of an hour before the rule runs."""
REMOVED = "an instance whose newest report is two days old is considered removed"
ARRIVAL_EXCEPTIONS = {
    "after a backfilled history": "reports that never arrived live say nothing about when the silence began",
    "1 day, 2:00:00 late": REMOVED,
    "3 days, 0:00:00 late": REMOVED,
}


def _last(time: str, **options: Any) -> list[Collected]:
    """Three reports, the last of them at this time."""
    return reports(at(time) - timedelta(minutes=10), 3, **options)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.for-a-day", _last("04-14 11:40"))
    yield RuleTestCase("fires.a-quarter-of-an-hour", THREE)
    yield RuleTestCase(
        "fires.stopped", [*THREE[:2], report(at("04-15 11:30")), report(at("04-15 11:41"), kind="stopped", backlog=320)]
    )
    yield RuleTestCase("fires.one-of-two", [*THREE, *reports(at("04-15 11:45"), 3, instance=SECOND)])
    quiet_feed = activity("claude_chat_created", person("lena"), at("04-15 11:55"), claude_chat_id="claude_chat_1")
    yield RuleTestCase("fires.though-activities-arrive", [*THREE, quiet_feed])
    late = [arriving(one, at("04-15 11:40")) for one in reports(at("04-15 03:00"), 12)]
    yield RuleTestCase("fires.after-late-reports", late)
    yield RuleTestCase("quiet.reports", [*THREE, report(at("04-15 11:46"))])
    yield RuleTestCase("quiet.late-reports-arrive", [arriving(one, at("04-15 11:46")) for one in THREE])
    arrives = [*_last("04-15 08:00"), *(arriving(one, at("04-15 11:59")) for one in _last("04-15 11:40"))]
    yield RuleTestCase("quiet.after-an-outage-of-the-siem", arrives)
    yield RuleTestCase("quiet.for-an-hour", _last("04-15 11:00"))
    yield RuleTestCase("quiet.for-six-hours", _last("04-15 05:40"))
    yield RuleTestCase("quiet.begun-again", [*THREE, report(at("04-15 11:50"), kind="started")])
    yield RuleTestCase("quiet.started-and-two-reports", [report(at("04-15 10:00"), kind="started"), *THREE[:2]])
    yield RuleTestCase("quiet.the-same-report-twice", THREE[:2] * 2)
    yield RuleTestCase("quiet.checks-only", [check_report(at(f"04-15 11:4{minute}")) for minute in range(3)])
    yield RuleTestCase("quiet.no-forwarder-is-known", [quiet_feed])
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
    "kql: without `silent >= silence_seconds`": (
        "in KQL the remainder of a negative number is positive, and here close to `remind`, so above `fresh`"
    ),
    "kql: without `class_uid == 6002`": "whatever holds a forwarder's version is of this class, which is found fast",
    "spl: without `claude_class=6002`": "whatever holds a forwarder's version is of this class, which is found fast",
}
