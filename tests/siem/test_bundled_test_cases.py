"""The bundled test cases are those of the rules, event by event and byte by byte."""

import pytest

from forwarder.azure.solution import rule_ids
from forwarder.siem.test_cases import bundled_test_cases
from forwarder.splunkd.knowledge_objects import shipped_app
from tests.content.case import cases
from tests.content.execute import content
from tests.content.proof import LoadedTestCase
from tests.content.records import NOW
from tests.packages.conf_files import read_conf

DETECTIONS = {detection.folder: detection for detection in content().detections}


def test_the_file_holds_every_rule_by_the_name_of_its_saved_search() -> None:
    assert list(bundled_test_cases().rules) == list(shipped_app().titles) == list(rule_ids()) == list(DETECTIONS)
    assert set(shipped_app().searches) == set(read_conf("savedsearches"))
    assert bundled_test_cases().now == NOW.timestamp()


@pytest.mark.parametrize("rule", DETECTIONS)
def test_a_test_case_is_what_the_forwarder_emits_and_what_the_rule_must_return(rule: str) -> None:
    bundled = {one.name: one for one in bundled_test_cases().rules[rule]}
    assert bundled.keys() == {case.name for case in cases()[rule].test_cases}
    for case in cases()[rule].test_cases:
        emitted = [collected.event for collected in case.events]
        assert [event[:3] for event in bundled[case.name].events] == [event[:3] for event in emitted]
        assert set(bundled[case.name].lookups) == case.lookups.keys()
        assert bundled[case.name].rows == LoadedTestCase(case, DETECTIONS[rule]).expected
