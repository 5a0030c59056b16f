"""What surrounds a rule changes no finding: lookups as people leave them, and the time zone of who searches."""

from datetime import timedelta, timezone

import pytest

from tests.content.case import RuleTestCase, cases
from tests.content.execute import Spl, content
from tests.content.records import NOW
from tests.content.schedule import Identity, play
from tools.content.folder import Detection

DETECTIONS = {detection.folder: detection for detection in content().detections}
HEADERS = {lookup.name: lookup.text.splitlines()[0] + "\n" for lookup in content().lookups}


def found(detection: Detection, test_case: RuleTestCase, lookups: dict[str, str]) -> dict[str, set[Identity]]:
    """The findings of one run, by language."""
    return {
        language: set(played.raised) for language, played in play(detection, test_case.events, lookups, [NOW]).items()
    }


@pytest.mark.parametrize("rule", cases())
def test_a_rule_works_with_empty_lookups(rule: str) -> None:
    """In Microsoft Sentinel a watchlist without rows has no columns either."""
    plain = next(test_case for test_case in cases()[rule].test_cases if test_case.fires and not test_case.lookups)
    expected = found(DETECTIONS[rule], plain, {})
    assert all(expected.values())
    assert found(DETECTIONS[rule], plain, HEADERS) == expected


@pytest.mark.parametrize("rule", cases())
def test_the_searchers_time_zone_changes_no_row(rule: str) -> None:
    detection = DETECTIONS[rule]
    for test_case in cases()[rule].test_cases:
        spl = Spl(test_case.events, test_case.lookups, NOW)
        at_home, *elsewhere = (
            spl.rows(detection.spl, detection.rule.schedule.lookback, zone=timezone(timedelta(hours=hours)))
            for hours in (0, 9, -8)
        )
        assert all(rows == at_home for rows in elsewhere), test_case.name
