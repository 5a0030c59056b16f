"""The validator itself: it finds a fault of any family, planted anywhere in any kind of event."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from forwarder.ocsf import normalize
from tests.ocsf import samples
from tests.ocsf.mutants import FAMILIES, Event, holders, mutants
from tests.ocsf.second_opinion import objections
from tests.ocsf.validator import faults
from tests.ocsf.world import RECEIPT, body, documented, example, record

ACTIVITIES = "activities"
DANGLING = "an observable that points nowhere"
STRUCTURAL = (
    "text for something else",
    "a number or a boolean in quotes",
    "a number for something else",
    "a boolean for something else",
    "an object for something else",
    "one for many",
    "many for one",
    "a value that its enumeration lacks",
    "an unknown attribute",
    "a port that does not exist",
    "a profile that is not listed",
    "a required attribute missing",
    "none of those of which one is needed",
)
"""Families that JSON Schema can find."""


@cache
def events() -> dict[tuple[str, str], Event]:
    """The richest event of each class of activities, and of each folder of other samples."""
    richest: dict[tuple[str, str], Event] = {}
    for source, event in _made():
        key = source, event["class_name"]
        richest[key] = max(richest.get(key, event), event, key=_wealth)
    return richest


def _made() -> Iterator[tuple[str, Event]]:
    for code in documented():
        yield ACTIVITIES, body(normalize(record(example(code)), RECEIPT))
    for source in samples.inputs():
        if source.parent.name in samples.MAKERS:
            yield source.parent.name, json.loads(samples.made(source))


def _wealth(event: Event) -> int:
    return sum(len(holder.value) for holder in holders(event))


def _planted(family: str) -> Iterator[tuple[str, Event]]:
    for (source, class_name), event in events().items():
        for planted, mutant in FAMILIES[family](event):
            yield f"{class_name} of {source}: {planted}", mutant


def _noticed(family: str, mutant: Event) -> bool:
    """An observable that lost its value by another fault does not count as finding that fault."""
    return any(family == DANGLING or " does not hold " not in fault for fault in faults(mutant))


def _verdict(mutant: Event) -> str:
    """The faults that the second validator finds. It has no schema for an unknown class or profile."""
    try:
        return "objects" if objections(mutant) else "passes"
    except (AttributeError, KeyError, TypeError, ValueError):
        return "refuses"


def test_events_of_every_source_are_tested() -> None:
    assert {source for source, _ in events()} == {ACTIVITIES, *samples.MAKERS}


def test_an_event_without_a_planted_fault_is_valid() -> None:
    assert [fault for event in events().values() for fault in [*faults(event), *objections(event)]] == []


def test_a_mutant_differs_from_its_event_and_does_not_change_it() -> None:
    event = max(events().values(), key=_wealth)
    before = json.dumps(event)
    assert [(family, planted) for family, planted, mutant in mutants(event) if json.dumps(mutant) == before] == []
    assert json.dumps(event) == before


def test_two_attributes_of_a_just_one_constraint_are_found() -> None:
    privileges, group = {"privileges": ["admin"]}, {"group": {"uid": "group_01"}}
    sessions = [{"class_uid": 3003, **held} for held in ({}, privileges, group, {**privileges, **group})]
    assert ["just one of" in " ".join(faults(session)) for session in sessions] == [True, False, False, True]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_planted_fault_is_found_at_any_place(family: str) -> None:
    verdicts = {planted: _noticed(family, mutant) for planted, mutant in _planted(family)}
    assert verdicts
    assert [planted for planted, noticed in verdicts.items() if not noticed] == []


@pytest.mark.parametrize("family", STRUCTURAL)
def test_a_structural_fault_is_found_by_the_second_validator_too(family: str) -> None:
    verdicts = Counter(_verdict(mutant) for _, mutant in _planted(family))
    assert verdicts["objects"] > verdicts["refuses"]
    assert verdicts["passes"] == 0
