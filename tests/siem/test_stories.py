"""The bundled stories are those of the rules, event by event and byte by byte."""

import pytest

from forwarder.azure.solution import rule_ids
from forwarder.siem.stories import stories
from forwarder.splunkd.shipped import shipped
from tests.content.case import cases
from tests.content.execute import content
from tests.content.proof import Told
from tests.content.records import NOW
from tests.packages.conf_files import read_conf

DETECTIONS = {detection.folder: detection for detection in content().detections}


def test_the_file_holds_every_rule_by_the_name_of_its_saved_search() -> None:
    assert list(stories().rules) == list(shipped().titles) == list(rule_ids()) == list(DETECTIONS)
    assert set(shipped().searches) == set(read_conf("savedsearches"))
    assert stories().now == NOW.timestamp()


@pytest.mark.parametrize("rule", DETECTIONS)
def test_a_story_is_what_the_forwarder_emits_and_what_the_rule_must_say_of_it(rule: str) -> None:
    held = {story.name: story for story in stories().rules[rule]}
    assert held.keys() == {story.name for story in cases()[rule].stories}
    for story in cases()[rule].stories:
        emitted = [collected.event for collected in story.events]
        assert [event[:3] for event in held[story.name].events] == [event[:3] for event in emitted]
        assert set(held[story.name].lookups) == story.lookups.keys()
        assert held[story.name].rows == Told(story, DETECTIONS[rule]).expected
