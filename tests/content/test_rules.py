"""Each rule's stories through both languages; each condition removed and parameter shifted, and a story notices."""

import pytest

from tests.content import fixtures
from tests.content.case import cases
from tests.content.execute import content
from tests.content.proof import Proof

DETECTIONS = {detection.folder: detection for detection in content().detections}


def test_every_rule_has_a_case_with_what_fires_and_what_is_quiet() -> None:
    assert cases().keys() == DETECTIONS.keys()
    kinds = {rule: {story.fires for story in case.stories} for rule, case in cases().items()}
    assert {rule: found for rule, found in kinds.items() if found != {True, False}} == {}


@pytest.mark.parametrize("rule", cases())
def test_the_fixtures_on_disk_are_what_the_forwarder_emits(rule: str) -> None:
    made = fixtures.files(cases()[rule])
    assert fixtures.on_disk(rule) == made.keys()
    assert [path.name for path, text in made.items() if path.read_text() != text] == []


@pytest.mark.parametrize("rule", cases())
def test_both_languages_give_the_expected_rows_and_notice_every_mutant(rule: str) -> None:
    proof = Proof(cases()[rule], DETECTIONS[rule])
    assert proof.faults() == []
    mutated = proof.mutated()
    assert mutated.survived == []
    assert mutated.stale == []
    assert mutated.tried > 10
