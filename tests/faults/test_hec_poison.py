"""One event that HEC refuses: it becomes a dead letter, the events around it are delivered."""

import pytest

from forwarder.records import event_uid, namespace
from forwarder.simulator import HEC_TOKEN
from tests.faults.conftest import Build
from tests.faults.ledger import MAX_IN_FLIGHT
from tests.faults.rows import month
from tests.faults.world import DeadLetter


@pytest.mark.parametrize("numbered", [True, False], ids=["with invalid-event-number", "without invalid-event-number"])
def test_a_refused_event_becomes_one_dead_letter_and_all_others_are_delivered(build: Build, numbered: bool) -> None:
    world = build(month(1500))
    issued = world.feed.issued_ids()
    refused_id = issued[700]
    world.hec.fault("refuse-event", times=None, contains=refused_id, numbered=numbered)
    forwarder = world.start()
    forwarder.until("a dead letter", lambda: forwarder.metric("forwarder_dead_letters", by="splunk"))
    assert refused_id not in forwarder.log()
    world.assert_delivered(forwarder, refused={"splunk": {refused_id}})
    uid = event_uid(namespace("activity"), refused_id)
    assert world.dead_letters() == [DeadLetter("splunk", "invalid-data-format", uid)]


def test_a_destination_that_refuses_every_event_counts_as_misconfigured_and_events_are_kept(build: Build) -> None:
    world = build(month(1500))
    world.hec.fault("refused", times=None)
    forwarder = world.start()
    assert "not the events" in forwarder.until_red("sinks.splunk.activity")
    world.hec.faults.clear()
    world.write_secret("hec-token", HEC_TOKEN)
    forwarder.until("splunk accepts events again", lambda: "sinks.splunk.activity" not in forwarder.red())
    issued = set(world.feed.issued_ids())
    forwarder.until("the others delivered", lambda: world.has_received("splunk", issued - world.refused_by("splunk")))
    dead_letters = world.refused_by("splunk")
    assert len(dead_letters) <= 10 * MAX_IN_FLIGHT
    world.assert_delivered(forwarder, refused={"splunk": dead_letters})
