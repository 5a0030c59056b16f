"""Rows that appear in the feed long after they were created."""

from forwarder.simulator import SimulatedClock
from tests.faults.conftest import Build
from tests.faults.process import Forwarder
from tests.faults.rows import ids, month, new_activities
from tests.faults.world import World

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
LATE = "sources.activities.late"


def _caught_up(build: Build) -> tuple[World, Forwarder]:
    world = build(month(600), clock=SimulatedClock(), sinks=("splunk", "sentinel"))
    forwarder = world.start()
    issued = world.feed.issued_ids()
    forwarder.until("the first run is complete", lambda: world.has_received("splunk", issued))
    forwarder.until("the watermark is recent", lambda: forwarder.metric("forwarder_lag_seconds") < 2 * MINUTE)
    return world, forwarder


def test_a_row_a_minute_late_is_found_by_the_next_poll(build: Build) -> None:
    world, forwarder = _caught_up(build)
    late = new_activities(world.feed.clock, "late", 20, ago=1.5 * MINUTE)
    world.feed.extend(late)
    forwarder.until("the late rows are delivered", lambda: world.has_received("splunk", ids(late)), within=30)
    world.assert_delivered(forwarder)


def test_a_row_late_within_the_overlap_is_found_without_turning_red(build: Build) -> None:
    world, forwarder = _caught_up(build)
    late = new_activities(world.feed.clock, "late", 20, ago=8 * MINUTE)
    world.feed.extend(late)
    world.advance(2.6 * MINUTE)
    forwarder.until("the late rows are delivered", lambda: world.has_received("splunk", ids(late)), within=30)
    forwarder.until("they are counted", lambda: _late_finds(forwarder) == len(late), within=30)
    assert forwarder.red() == {}
    world.assert_delivered(forwarder)


def test_a_row_later_than_the_overlap_is_found_by_reconciliation_and_turns_red(build: Build) -> None:
    world, forwarder = _caught_up(build)
    late = new_activities(world.feed.clock, "late", 20, ago=30 * HOUR)
    world.feed.extend(late)
    world.advance(DAY)
    assert f"{len(late)} records" in forwarder.until_red(LATE)
    forwarder.until("they are counted", lambda: _late_finds(forwarder) == len(late), within=30)
    world.assert_delivered(forwarder)
    assert world.has_received("splunk", ids(late))


def test_a_reconciliation_without_late_rows_does_not_turn_red(build: Build) -> None:
    world, forwarder = _caught_up(build)
    world.advance(DAY)
    read = forwarder.metric("forwarder_read_records_total")
    forwarder.until("the reconcile depth is read again", lambda: _read(forwarder) >= read + 30)
    assert forwarder.red() == {}
    world.assert_delivered(forwarder)


def _late_finds(forwarder: Forwarder) -> float:
    return forwarder.metric("forwarder_late_find_seconds_count", source="activities")


def _read(forwarder: Forwarder) -> float:
    return forwarder.metric("forwarder_read_records_total")


def test_rows_created_during_a_day_of_downtime_are_read_after_the_restart(build: Build) -> None:
    world, forwarder = _caught_up(build)
    assert forwarder.stop() == 0
    world.advance(DAY)
    world.feed.extend(new_activities(world.feed.clock, "missed", 200, apart=400.0))
    forwarder = world.start()
    world.assert_delivered(forwarder)
    assert LATE not in forwarder.log()
