"""Each rule's stories through both languages; each condition removed and parameter shifted, and a story notices."""

import pytest

from tests.content import fixtures
from tests.content.case import cases
from tests.content.execute import content
from tests.content.proof import Proven, prove_all

DETECTIONS = {detection.folder: detection for detection in content().detections}


@pytest.fixture(scope="module")
def proofs() -> dict[str, Proven]:
    """All of them, made at the same time."""
    return {proven.rule: proven for proven in prove_all(cases())}


def test_every_rule_has_a_case_with_what_fires_and_what_is_quiet() -> None:
    assert cases().keys() == DETECTIONS.keys()
    kinds = {rule: {story.fires for story in case.stories} for rule, case in cases().items()}
    assert {rule: found for rule, found in kinds.items() if found != {True, False}} == {}


@pytest.mark.parametrize("rule", cases())
def test_the_fixtures_on_disk_are_what_the_forwarder_emits(rule: str) -> None:
    made = fixtures.inputs(cases()[rule])
    assert fixtures.on_disk(rule) == made.keys() | set(fixtures.expectations(cases()[rule]))
    assert [path.name for path, text in made.items() if path.read_text() != text] == []


@pytest.mark.parametrize("rule", cases())
def test_what_has_one_identity_in_a_story_is_one_thing(rule: str) -> None:
    for story in cases()[rule].stories:
        told: dict[str, set[tuple[object, ...]]] = {}
        for one in story.events:
            held = one.event.key_fields
            told.setdefault(held.uid, set()).add((held.time_ms, held.event_code, held.actor_uid, held.object_uid))
        assert {uid: things for uid, things in told.items() if len(things) > 1} == {}, story.name


@pytest.mark.parametrize("rule", cases())
def test_both_languages_give_the_expected_rows_and_notice_every_mutant(rule: str, proofs: dict[str, Proven]) -> None:
    proven = proofs[rule]
    assert proven.faults == []
    assert proven.mutated.survived == []
    assert proven.mutated.stale == []
    assert proven.mutated.tried > 10
