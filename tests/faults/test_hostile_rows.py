"""Rows that violate the API documentation, between valid ones: delivered, or a dead letter with a reason."""

from collections import Counter
from datetime import UTC, datetime

from forwarder.simulator import scenario
from forwarder.simulator.scenarios.hostile import DELIVERABLE, REFUSABLE, TEXTS
from tests.faults.conftest import Build

CASES = [*REFUSABLE, *DELIVERABLE, *(case for case, _ in TEXTS)]
REFUSED = {"no-id": 6, "no-type": 3, "bad-created-at": 8, "not-an-object": 5}
"""All of `REFUSABLE`, three rows that lack a field, five that are not objects, and an empty one."""


def test_valid_rows_are_delivered_and_invalid_ones_become_dead_letters(build: Build) -> None:
    world = build(scenario("hostile", now=datetime.now(UTC), count=500), start="24h")
    ordinary = {id_ for id_ in world.feed.issued_ids() if len(id_) == len("activity_01") + 22}
    forwarder = world.start()
    world.assert_delivered(forwarder, ids=ordinary | _deliverable_ids())
    assert Counter(dead_letter.reason for dead_letter in world.dead_letters()) == REFUSED
    assert {dead_letter.refused_by for dead_letter in world.dead_letters()} == {"source"}


def _deliverable_ids() -> set[str]:
    """The ids of the cases that must be delivered, as events contain them."""
    first = len(REFUSABLE)
    ids = {n: case.get("id", f"activity_01Hostile{n:03d}") for n, case in enumerate(CASES) if n >= first}
    return {id_.encode("utf-8", "replace").decode() for id_ in ids.values()}


def test_an_invalid_row_becomes_only_one_dead_letter_however_often_it_is_read(build: Build) -> None:
    world = build(scenario("hostile", now=datetime.now(UTC), count=50), start="24h", sinks=("splunk",))
    forwarder = world.start()
    forwarder.until("everything is read", lambda: forwarder.metric("forwarder_dead_letters") == sum(REFUSED.values()))
    world.advance(86_400)
    read = forwarder.metric("forwarder_read_records_total")
    forwarder.until("everything is read again", lambda: forwarder.metric("forwarder_read_records_total") >= read + 150)
    assert forwarder.metric("forwarder_dead_letters") == sum(REFUSED.values())
    world.assert_delivered(forwarder, ids=_deliverable_ids())
