"""Test cases of each rule in both languages. A test case must detect every removed condition and shifted parameter."""

import pytest

from tests.content import fixtures
from tests.content.case import cases
from tests.content.execute import content
from tests.content.proof import ProofResult, prove_all

DETECTIONS = {detection.folder: detection for detection in content().detections}


@pytest.fixture(scope="module")
def proofs() -> dict[str, ProofResult]:
    """The results of all rules, computed in parallel."""
    return {result.rule: result for result in prove_all(cases())}


def test_every_rule_has_firing_and_quiet_test_cases() -> None:
    assert cases().keys() == DETECTIONS.keys()
    kinds = {rule: {test_case.fires for test_case in case.test_cases} for rule, case in cases().items()}
    assert {rule: found for rule, found in kinds.items() if found != {True, False}} == {}


@pytest.mark.parametrize("rule", cases())
def test_the_fixtures_on_disk_are_what_the_forwarder_emits(rule: str) -> None:
    made = fixtures.inputs(cases()[rule])
    assert fixtures.on_disk(rule) == made.keys() | set(fixtures.expectations(cases()[rule]))
    assert [path.name for path, text in made.items() if path.read_text() != text] == []


@pytest.mark.parametrize("rule", cases())
def test_the_fixtures_hold_all_that_a_test_case_says_of_arrival(rule: str) -> None:
    assert [t.name for t in cases()[rule].test_cases if any(one.arrived for one in t.events)] == []


@pytest.mark.parametrize("rule", cases())
def test_events_with_the_same_uid_in_a_test_case_are_the_same_event(rule: str) -> None:
    for test_case in cases()[rule].test_cases:
        identities: dict[str, set[tuple[object, ...]]] = {}
        for one in test_case.events:
            held = one.event.key_fields
            identities.setdefault(held.uid, set()).add((held.time_ms, held.event_code, held.actor_uid, held.object_uid))
        assert {uid: things for uid, things in identities.items() if len(things) > 1} == {}, test_case.name


@pytest.mark.parametrize("rule", cases())
def test_both_languages_return_the_expected_rows_and_detect_every_mutant(
    rule: str, proofs: dict[str, ProofResult]
) -> None:
    result = proofs[rule]
    assert result.failures == []
    assert result.mutated.survived == []
    assert result.mutated.stale == []
    assert result.mutated.tried > 10
