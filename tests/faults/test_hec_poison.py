"""One event that HEC will not have: it becomes a dead letter, its neighbours are delivered."""

import pytest

from forwarder.identity import event_uid, namespace
from forwarder.simulator import HEC_TOKEN
from tests.faults.conftest import Build
from tests.faults.ledger import LANES
from tests.faults.rows import month
from tests.faults.world import DeadLetter


@pytest.mark.parametrize("numbered", [True, False], ids=["with its number", "without a number"])
def test_a_poison_event_becomes_one_dead_letter_and_costs_no_other_event(build: Build, numbered: bool) -> None:
    world = build(month(1500))
    issued = world.feed.issued_ids()
    poison = issued[700]
    world.hec.fault("refuse-event", times=None, contains=poison, numbered=numbered)
    forwarder = world.start()
    forwarder.until("a dead letter", lambda: forwarder.metric("forwarder_dead_letters", by="splunk"))
    assert poison not in forwarder.log()
    world.verdict(forwarder, refused={"splunk": {poison}})
    uid = event_uid(namespace("activity"), poison)
    assert world.dead_letters() == [DeadLetter("splunk", "invalid-data-format", uid)]


def test_a_destination_that_refuses_event_after_event_is_wrong_and_keeps_all_of_them(build: Build) -> None:
    world = build(month(1500))
    world.hec.fault("refused", times=None)
    forwarder = world.start()
    assert "not the events" in forwarder.until_red("sinks.splunk.activity")
    world.hec.faults.clear()
    world.rewrite("hec-token", HEC_TOKEN)
    forwarder.until("splunk takes events again", lambda: "sinks.splunk.activity" not in forwarder.red())
    dead_letters = world.refused_by("splunk")
    assert len(dead_letters) <= 10 * LANES
    world.verdict(forwarder, refused={"splunk": dead_letters})
