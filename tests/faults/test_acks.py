"""Indexer acknowledgement: events count as delivered when Splunk acknowledges them, also after restarts."""

import pytest

from forwarder.records import event_uid, namespace
from forwarder.simulator.hec_protocol import Acks
from tests.faults.conftest import Build
from tests.faults.process import Forwarder
from tests.faults.rows import month
from tests.faults.world import World

NEVER = 10_000.0
SUBJECT = "sinks.splunk.unacknowledged"


def acknowledging(build: Build, delay: float, rows: int = 600, **settings: str) -> World:
    """A world whose Splunk acknowledges events `delay` seconds after it took them."""
    world = build(month(rows), sinks=("splunk",))
    world.hec.acks = Acks(world.hec.clock, delay)
    world.settings["sinks"]["splunk"] |= settings
    return world


def ack_queries(world: World) -> int:
    """Number of acknowledgement queries."""
    return sum("/ack" in request.target for request in world.hec.served())


def test_events_stay_in_the_store_until_they_are_acknowledged(build: Build) -> None:
    world = acknowledging(build, delay=3.0)
    forwarder = world.start()
    forwarder.until("Splunk has received everything", lambda: world.has_received("splunk", world.feed.issued_ids()))
    assert forwarder.metric("forwarder_delivered_events_total", sink="splunk") == 0
    forwarder.until(
        "the events are acknowledged", lambda: forwarder.metric("forwarder_backlog_events", sink="splunk") == 0
    )
    world.assert_delivered(forwarder)
    assert world.query("SELECT count(*) FROM chunk") == [(0,)]


def test_pending_acknowledgements_survive_a_kill_and_nothing_is_sent_twice(build: Build) -> None:
    world = acknowledging(build, delay=NEVER)
    forwarder = world.start()
    forwarder.until("Splunk has received everything", lambda: world.has_received("splunk", world.feed.issued_ids()))
    issued = len(world.feed.issued_ids())
    forwarder.until("all acknowledgements are pending", lambda: _pending(world) >= issued)
    world.kill(forwarder)
    assert world.hec.acks is not None
    world.hec.acks.acknowledge_now()
    world.assert_delivered(world.start())
    assert world.duplicated("splunk") == set()


def test_events_are_sent_again_when_a_restarted_indexer_lost_its_acknowledgements(build: Build) -> None:
    world = acknowledging(build, delay=NEVER, ack_timeout="2s")
    forwarder = world.start()
    forwarder.until("Splunk has received everything", lambda: world.has_received("splunk", world.feed.issued_ids()))
    world.allow_again("splunk")
    assert world.hec.acks is not None
    world.hec.acks.restart()
    world.hec.acks.delay = 0.0
    issued = len(world.feed.issued_ids())
    forwarder.until(
        "everything is acknowledged",
        lambda: forwarder.metric("forwarder_delivered_events_total", sink="splunk") >= issued,
    )
    assert forwarder.red() == {}
    assert forwarder.logged("events not acknowledged, sending again")
    world.assert_delivered(forwarder)


def test_events_never_acknowledged_are_sent_once_more_and_then_red_dead_letters_until_they_are_replayed(
    build: Build,
) -> None:
    world = acknowledging(build, delay=NEVER, rows=500, ack_timeout="1s")
    world.feed.records_access = False
    issued = world.feed.issued_ids()
    forwarder = world.start()
    forwarder.until("all are dead letters", lambda: _has_given_up(forwarder, len(issued)))
    assert "accepted twice, never acknowledged" in forwarder.until_red(SUBJECT)
    assert forwarder.metric("forwarder_delivered_events_total", sink="splunk") == 0, "nothing was confirmed"
    assert max(world.hec.uids().values()) == 2, "each event is sent exactly once more"
    forwarder.kill()
    letters = world.dead_letters()
    assert {(letter.refused_by, letter.reason) for letter in letters} == {("splunk", "unacknowledged")}
    assert world.refused_by("splunk") == set(issued), "with its bytes, so with its uid"
    assert world.query("SELECT count(*) FROM chunk") == [(0,)]

    assert world.hec.acks is not None
    world.hec.acks.acknowledge_now()
    world.hec.delivered.clear()  # as if nothing had been indexed
    world.settings["sinks"]["splunk"]["ack_timeout"] = "5m"
    forwarder = world.start()
    forwarder.until_red(SUBJECT)
    replayed = world.command("dead-letters", "replay", "--sink", "splunk", "--reason", "unacknowledged")
    assert f"{len(letters)} requeued" in replayed
    forwarder.until("they are acknowledged", lambda: not forwarder.metric("forwarder_backlog_events", sink="splunk"))
    forwarder.until("green again", lambda: SUBJECT not in forwarder.red())
    assert {world.hec.uids()[event_uid(namespace("activity"), one)] for one in issued} == {1}
    assert forwarder.stop() == 0


def test_events_never_acknowledged_that_are_dropped_are_red_no_more(build: Build) -> None:
    world = acknowledging(build, delay=NEVER, rows=50, ack_timeout="1s")
    world.feed.records_access = False
    forwarder = world.start()
    forwarder.until("all are dead letters", lambda: _has_given_up(forwarder, 50))
    forwarder.until_red(SUBJECT)
    assert "dropped" in world.command("dead-letters", "drop", "--all", "--yes")
    forwarder.until("green again", lambda: SUBJECT not in forwarder.red())


def test_once_fails_when_nothing_is_ever_acknowledged(build: Build) -> None:
    world = acknowledging(build, delay=NEVER, rows=50, ack_timeout="1s")
    assert world.launch("--once").wait_for_exit() == 1
    assert {letter.reason for letter in world.dead_letters()} == {"unacknowledged"}


def test_dead_letters_that_were_never_acknowledged_are_sent_at_once_without_a_service(build: Build) -> None:
    world = acknowledging(build, delay=NEVER, rows=200, ack_timeout="1s")
    assert world.launch("--once").wait_for_exit() == 1
    letters = len(world.dead_letters())
    world.hec.acks = Acks(world.hec.clock, 1.0)
    world.hec.delivered.clear()
    assert f"{letters} delivered" in world.command("dead-letters", "replay", "--all", "--now")
    assert sorted(set(world.hec.uids().values())) == [1]
    assert world.dead_letters() == []


def test_a_sink_that_requires_acks_stops_without_them_and_keeps_everything(build: Build) -> None:
    world = build(month(300), sinks=("splunk",))
    world.settings["sinks"]["splunk"]["ack"] = "on"
    forwarder = world.start()
    assert "enable indexer acknowledgement" in forwarder.until_red("sinks.splunk.activity")
    issued = len(world.feed.issued_ids())
    forwarder.until(
        "all events are in the backlog", lambda: forwarder.metric("forwarder_backlog_events", sink="splunk") >= issued
    )
    assert world.hec.uids() == {}


@pytest.mark.parametrize("ack", ["off", "auto"])
def test_acks_are_queried_unless_they_are_off(build: Build, ack: str) -> None:
    world = acknowledging(build, delay=0.0, ack=ack)
    world.assert_delivered(world.start())
    assert (ack_queries(world) > 0) == (ack == "auto")


def test_once_waits_for_acknowledgements(build: Build) -> None:
    world = acknowledging(build, delay=4.0)
    wanted = {"splunk": world.feed.issued_ids()}
    assert world.launch("--once").wait_for_exit() == 0
    world.assert_no_loss(wanted)
    assert world.query("SELECT count(*) FROM pending_ack") == [(0,)]


def test_switching_acks_off_at_the_token_loses_nothing(build: Build) -> None:
    world = acknowledging(build, delay=NEVER, ack_timeout="2s")
    forwarder = world.start()
    forwarder.until("Splunk has received everything", lambda: world.has_received("splunk", world.feed.issued_ids()))
    world.allow_again("splunk")
    world.hec.acks = None
    issued = len(world.feed.issued_ids())
    forwarder.until(
        "the events are sent again",
        lambda: forwarder.metric("forwarder_delivered_events_total", sink="splunk") >= issued,
    )
    world.assert_delivered(forwarder)


def _has_given_up(forwarder: Forwarder, events: int) -> bool:
    """Whether so many events, and with them all that there are, were never acknowledged."""
    given_up = forwarder.metric("forwarder_unacknowledged_events_total", sink="splunk")
    return given_up >= events and forwarder.metric("forwarder_backlog_events", sink="splunk") == 0


def _pending(world: World) -> int:
    ((events,),) = world.query("SELECT coalesce(sum(stop - start), 0) FROM pending_ack")
    return int(events)
