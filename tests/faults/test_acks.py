"""Indexer acknowledgement: what Splunk took counts as delivered when it says so, through restarts on both sides."""

import sys

import pytest

from forwarder.simulator.hec_protocol import Acks
from tests.faults.conftest import Build
from tests.faults.rows import month
from tests.faults.world import World

NEVER = 10_000.0
SUBJECT = "sinks.splunk.acks"


def acknowledging(build: Build, delay: float, rows: int = 600, **settings: str) -> World:
    """A world whose Splunk acknowledges what it took, `delay` seconds later."""
    world = build(month(rows), sinks=("splunk",))
    world.hec.acks = Acks(world.hec.clock, delay)
    world.settings["sinks"]["splunk"] |= settings
    return world


def asked(world: World) -> int:
    """Questions for acknowledgements."""
    return sum("/ack" in request.target for request in world.hec.served())


def test_what_was_taken_waits_in_the_store_until_it_is_acknowledged(build: Build) -> None:
    world = acknowledging(build, delay=3.0)
    forwarder = world.start()
    forwarder.until("Splunk took everything", lambda: world.holds("splunk", world.feed.issued_ids()))
    assert forwarder.metric("forwarder_delivered_events_total", sink="splunk") == 0
    forwarder.until("it is acknowledged", lambda: forwarder.metric("forwarder_backlog_events", sink="splunk") == 0)
    world.verdict(forwarder)
    assert world.query("SELECT count(*) FROM chunk") == [(0,)]


def test_promises_survive_a_kill_and_nothing_is_sent_twice(build: Build) -> None:
    world = acknowledging(build, delay=NEVER)
    forwarder = world.start()
    forwarder.until("Splunk took everything", lambda: world.holds("splunk", world.feed.issued_ids()))
    taken = len(world.feed.issued_ids())
    forwarder.until("the store noted it", lambda: _promised(world) >= taken)
    forwarder.kill()
    assert world.hec.acks is not None
    world.hec.acks.acknowledge_now()
    world.verdict(world.start())
    assert world.duplicated("splunk") == set()


def test_an_indexer_that_forgot_its_promises_gets_the_events_once_more(build: Build) -> None:
    world = acknowledging(build, delay=NEVER, ack_timeout="2s")
    forwarder = world.start()
    forwarder.until("Splunk took everything", lambda: world.holds("splunk", world.feed.issued_ids()))
    assert world.hec.acks is not None
    world.hec.acks.restart()
    world.hec.acks.delay = 0.0
    taken = len(world.feed.issued_ids())
    forwarder.until(
        "nothing waits", lambda: forwarder.metric("forwarder_delivered_events_total", sink="splunk") >= taken
    )
    assert forwarder.red() == {}
    assert forwarder.told("not acknowledged, sent again")
    world.verdict(forwarder, limits={"splunk": taken + 10})


def test_what_is_never_acknowledged_is_sent_once_more_and_then_given_up_in_red(build: Build) -> None:
    world = acknowledging(build, delay=NEVER, ack_timeout="1s")
    forwarder = world.start()
    reason = forwarder.until_red(f"{SUBJECT}.given_up")
    assert "taken twice and never acknowledged" in reason
    taken = len(world.feed.issued_ids())
    forwarder.until(
        "it is counted", lambda: forwarder.metric("forwarder_unacknowledged_events_total", sink="splunk") >= taken
    )
    world.verdict(forwarder, limits={"splunk": sys.maxsize})
    assert max(world.hec.uids().values()) == 2, "each was sent once more, and no more"


def test_acks_that_must_be_and_are_not_stop_the_sink_and_keep_everything(build: Build) -> None:
    world = build(month(300), sinks=("splunk",))
    world.settings["sinks"]["splunk"]["ack"] = "on"
    forwarder = world.start()
    assert "enable indexer acknowledgement" in forwarder.until_red("sinks.splunk.activity")
    issued = len(world.feed.issued_ids())
    forwarder.until("all wait", lambda: forwarder.metric("forwarder_backlog_events", sink="splunk") >= issued)
    assert world.hec.uids() == {}


@pytest.mark.parametrize("ack", ["off", "auto"])
def test_acks_are_asked_for_only_where_they_are_wanted(build: Build, ack: str) -> None:
    world = acknowledging(build, delay=0.0, ack=ack)
    world.verdict(world.start())
    assert (asked(world) > 0) == (ack == "auto")


def test_once_waits_for_acknowledgements(build: Build) -> None:
    world = acknowledging(build, delay=4.0)
    wanted = {"splunk": world.feed.issued_ids()}
    assert world.launch("--once").ends() == 0
    world.books(wanted)
    assert world.query("SELECT count(*) FROM handed_over") == [(0,)]


def test_a_token_whose_acks_are_switched_off_meanwhile_loses_nothing(build: Build) -> None:
    world = acknowledging(build, delay=NEVER, ack_timeout="2s")
    forwarder = world.start()
    forwarder.until("Splunk took everything", lambda: world.holds("splunk", world.feed.issued_ids()))
    world.hec.acks = None
    taken = len(world.feed.issued_ids())
    forwarder.until(
        "it is sent again", lambda: forwarder.metric("forwarder_delivered_events_total", sink="splunk") >= taken
    )
    world.verdict(forwarder, limits={"splunk": taken + 10})


def _promised(world: World) -> int:
    ((events,),) = world.query("SELECT coalesce(sum(stop - start), 0) FROM handed_over")
    return int(events)
