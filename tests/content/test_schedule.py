"""What an analyst sees of the findings: suppressed by Splunk, grouped to incidents by Sentinel."""

from datetime import datetime, timedelta

import pytest

from tests.content.case import RuleTestCase, cases
from tests.content.execute import content
from tests.content.records import NOW
from tests.content.schedule import Played, alerts_in_splunk, incidents_in_sentinel, play
from tools.content.durations import minutes

DETECTIONS = {detection.folder: detection for detection in content().detections}
SILENT = "visibility/forwarder-silent"


def played(rule: str, test_case: RuleTestCase, at: list[datetime]) -> dict[str, Played]:
    return play(DETECTIONS[rule], test_case.events, test_case.lookups, at)


def named(rule: str, name: str) -> RuleTestCase:
    (found,) = (test_case for test_case in cases()[rule].test_cases if test_case.name == name)
    return found


@pytest.mark.parametrize(
    ("rule", "name", "minutes_later"),
    [
        ("visibility/compliance-logging-disabled", "fires.logging-off", -5),
        ("visibility/compliance-api-denied", "fires.ten-in-an-hour", 15),
        (SILENT, "fires.a-quarter-of-an-hour", 15),
    ],
)
def test_a_finding_that_two_overlapping_runs_raise_is_one_alert_and_one_incident(
    rule: str, name: str, minutes_later: int
) -> None:
    raised = played(rule, named(rule, name), [NOW, NOW + timedelta(minutes=minutes_later)])
    for language, seen in (("spl", alerts_in_splunk), ("kql", incidents_in_sentinel)):
        rows = raised[language].rows
        assert [len(found) for found in rows.values()] == [1, 1]
        assert seen(DETECTIONS[rule], rows) == 1


def test_a_silence_is_seen_when_it_begins_and_again_a_day_later() -> None:
    at = [NOW - timedelta(days=1) + timedelta(minutes=15 * number) for number in range(24 * 4 + 5)]
    raised = played(SILENT, named(SILENT, "fires.for-a-day"), at)
    assert alerts_in_splunk(DETECTIONS[SILENT], raised["spl"].rows) == 2
    assert incidents_in_sentinel(DETECTIONS[SILENT], raised["kql"].rows) == 2


def test_the_same_finding_after_the_time_of_suppression_is_seen_again() -> None:
    detection = DETECTIONS["visibility/compliance-api-denied"]
    row = {"key": "apikey_01", "address": "192.0.2.1"}
    again = timedelta(minutes=minutes(detection.rule.suppress.for_))
    other = {**row, "address": "192.0.2.2"}
    rows = {NOW: [row, row], NOW + again / 2: [row, other], NOW + again: [row]}
    assert alerts_in_splunk(detection, rows) == incidents_in_sentinel(detection, rows) == 3
