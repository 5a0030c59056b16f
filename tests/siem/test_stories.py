"""The bundled stories are those of the rules, event by event and byte by byte, small enough to be shipped."""

from importlib.resources import files

import pytest

from forwarder.siem.stories import bundle, stories
from forwarder.splunkd.shipped import shipped
from tests.content.case import cases
from tests.content.execute import content
from tests.content.proof import LoadedTestCase
from tests.content.records import NOW
from tests.packages.conf_files import read_conf

DETECTIONS = {detection.folder: detection for detection in content().detections}


def test_the_file_holds_every_rule_by_the_name_of_its_saved_search() -> None:
    assert list(stories().rules) == list(shipped().titles) == list(bundle()["sentinel"]["ids"]) == list(DETECTIONS)
    assert set(shipped().searches) == set(read_conf("savedsearches"))
    assert stories().now == NOW.timestamp()


def test_it_is_small_enough_to_be_shipped() -> None:
    assert len(files("forwarder.siem").joinpath("stories.json.xz").read_bytes()) < 500_000


@pytest.mark.parametrize("rule", DETECTIONS)
def test_a_story_is_what_the_forwarder_emits_and_what_the_rule_must_say_of_it(rule: str) -> None:
    held = {story.name: story for story in stories().rules[rule]}
    assert held.keys() == {story.name for story in cases()[rule].test_cases}
    for story in cases()[rule].test_cases:
        emitted = [collected.event for collected in story.events]
        assert [event[:3] for event in held[story.name].events] == [event[:3] for event in emitted]
        assert set(held[story.name].lookups) == story.lookups.keys()
        assert held[story.name].rows == LoadedTestCase(story, DETECTIONS[rule]).expected
