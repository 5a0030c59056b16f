"""Everything a feed should never send, between ordinary rows: delivered whole, or a dead letter that says why."""

from collections import Counter
from datetime import UTC, datetime

from forwarder.simulator import scenario
from forwarder.simulator.scenarios.hostile import DELIVERABLE, REFUSABLE, TEXTS
from tests.faults.conftest import Build

CASES = [*REFUSABLE, *DELIVERABLE, *(case for case, _ in TEXTS)]
REFUSED = {"no-id": 6, "no-type": 3, "bad-created-at": 8, "not-an-object": 5}
"""Each of `REFUSABLE`; three rows that lack a field; five that are no objects, and an empty one."""


def test_good_rows_among_hostile_ones_are_delivered_and_the_others_become_dead_letters(build: Build) -> None:
    world = build(scenario("hostile", now=datetime.now(UTC), count=500), start="24h")
    ordinary = {id_ for id_ in world.feed.issued_ids() if len(id_) == len("activity_01") + 22}
    forwarder = world.start()
    world.verdict(forwarder, ids=ordinary | _odd_ids())
    assert Counter(letter.reason for letter in world.dead_letters()) == REFUSED
    assert {letter.refused_by for letter in world.dead_letters()} == {"source"}


def _odd_ids() -> set[str]:
    """The ids of the cases that must come through, as an event carries them."""
    first = len(REFUSABLE)
    given = {n: case.get("id", f"activity_01Hostile{n:03d}") for n, case in enumerate(CASES) if n >= first}
    return {id_.encode("utf-8", "replace").decode() for id_ in given.values()}


def test_hostile_rows_are_no_dead_letters_again_at_every_poll(build: Build) -> None:
    world = build(scenario("hostile", now=datetime.now(UTC), count=50), start="24h", sinks=("splunk",))
    forwarder = world.start()
    forwarder.until("all is read", lambda: forwarder.metric("forwarder_dead_letters") == sum(REFUSED.values()))
    world.feed.clock.advance(86_400)
    read = forwarder.metric("forwarder_read_records_total")
    forwarder.until("all is read again", lambda: forwarder.metric("forwarder_read_records_total") >= read + 150)
    assert forwarder.metric("forwarder_dead_letters") == sum(REFUSED.values())
    world.verdict(forwarder, ids=_odd_ids())
