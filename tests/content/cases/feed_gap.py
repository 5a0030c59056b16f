"""Test cases of the rule "Activity Feed gap"."""

from collections.abc import Iterator

from tests.content.case import NOON, RuleTestCase, exclusion
from tests.content.records import INSTANCE, arriving, at, backfilled
from tests.content.records_visibility import SECOND, check_report, report

RULE = "visibility/feed-gap"

NEAR = report(at("04-11 08:00"))
"""An instance that was near the present, days ago."""
BEHIND = report(NOON, lag_seconds=1800.0, backlog=12)


def test_cases() -> Iterator[RuleTestCase]:
    """What fires, and what does not."""
    yield RuleTestCase("fires.half-an-hour-behind", [NEAR, BEHIND, BEHIND])
    yield RuleTestCase("fires.just-near-enough-once", [report(at("04-11 08:00"), lag_seconds=1799.0), BEHIND])
    yield RuleTestCase("fires.one-of-two", [NEAR, BEHIND, report(NOON, instance=SECOND, lag_seconds=1790.0)])
    nothing_read = report(at("04-15 11:35"), kind="started", lag_seconds=None)
    yield RuleTestCase("fires.behind-before-it-was-begun-again", [NEAR, BEHIND, nothing_read])
    found = report(at("04-15 11:35"), beyond_overlap=4)
    yield RuleTestCase("fires.a-row-found-late", [report(NOON, beyond_overlap=3), found])
    yield RuleTestCase(
        "fires.found-after-a-restart", [report(at("04-15 11:20"), beyond_overlap=4), report(NOON), found]
    )
    yield RuleTestCase("quiet.near-again", [NEAR, BEHIND, report(at("04-15 11:35"), lag_seconds=1799.0)])
    yield RuleTestCase("quiet.catching-up-for-the-first-time", [report(at("04-15 11:20"), lag_seconds=90000.0), BEHIND])
    yield RuleTestCase("quiet.nothing-new-found-late", [report(NOON, beyond_overlap=4), found])
    yield RuleTestCase(
        "quiet.found-late-hours-ago",
        [report(at("04-15 09:00")), report(at("04-15 10:40"), beyond_overlap=4), found],
    )
    yield RuleTestCase("quiet.found-before-a-restart", [report(NOON, beyond_overlap=4), report(at("04-15 11:35"))])
    yield RuleTestCase("quiet.behind-for-hours", [NEAR, report(at("04-15 10:00"), lag_seconds=1800.0), BEHIND])
    yield RuleTestCase(
        "fires.behind-once-more", [report(at("04-15 09:00"), lag_seconds=1800.0), report(at("04-15 10:00")), BEHIND]
    )
    yield RuleTestCase("fires.rows-found-since-the-report-before", [report(at("04-15 10:00"), beyond_overlap=1), found])
    earlier = arriving(report(at("04-15 10:15")), NOON)
    yield RuleTestCase("quiet.an-older-report-arrives-late", [report(at("04-15 10:20"), beyond_overlap=4), earlier])
    history = backfilled(report(at("04-15 10:00"), lag_seconds=1800.0), at("04-15 10:05"))
    yield RuleTestCase("fires.behind-before-in-a-backfill", [NEAR, history, BEHIND])
    yield RuleTestCase("quiet.no-report-for-two-hours", [NEAR, report(at("04-15 10:00"), lag_seconds=1800.0)])
    yield RuleTestCase("quiet.near-only-before-the-lookback", [report(at("04-05 11:00")), BEHIND])
    yield RuleTestCase("quiet.no-feed-is-read", [report(NOON, lag_seconds=None), check_report(NOON)])
    yield RuleTestCase("quiet.excluded-instance", [NEAR, BEHIND], _excluded(RULE))
    yield RuleTestCase("fires.excluded-from-another-rule", [NEAR, BEHIND], _excluded("visibility/forwarder-silent"))


def _excluded(rule: str) -> dict[str, str]:
    return exclusion(rule, INSTANCE)


FOUND_FAST = "whatever holds these figures is of this class, which is found fast"
EQUIVALENT = {"kql: without `class_uid == 6002`": FOUND_FAST, "spl: without `claude_class=6002`": FOUND_FAST}
