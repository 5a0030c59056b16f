"""Rows that can be read only long after they happened."""

from forwarder.simulator import SimulatedClock
from tests.faults.conftest import Build
from tests.faults.process import Forwarder
from tests.faults.rows import happens, ids, month
from tests.faults.world import World

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
LATE = "sources.activities.late"


def _caught_up(build: Build) -> tuple[World, Forwarder]:
    world = build(month(600), clock=SimulatedClock(), sinks=("splunk", "sentinel"))
    forwarder = world.start()
    issued = world.feed.issued_ids()
    forwarder.until("the first run is over", lambda: world.holds("splunk", issued))
    forwarder.until("the watermark is near", lambda: forwarder.metric("forwarder_lag_seconds") < 2 * MINUTE)
    return world, forwarder


def test_a_row_a_minute_late_is_found_by_the_next_poll(build: Build) -> None:
    world, forwarder = _caught_up(build)
    late = happens(world.feed.clock, "late", 20, ago=1.5 * MINUTE)
    world.feed.extend(late)
    forwarder.until("the late rows are delivered", lambda: world.holds("splunk", ids(late)), within=30)
    world.verdict(forwarder)


def test_a_row_late_within_the_overlap_is_found_before_it_is_read_again_and_is_no_alarm(build: Build) -> None:
    world, forwarder = _caught_up(build)
    late = happens(world.feed.clock, "late", 20, ago=8 * MINUTE)
    world.feed.extend(late)
    world.feed.clock.advance(2.6 * MINUTE)
    forwarder.until("the late rows are delivered", lambda: world.holds("splunk", ids(late)), within=30)
    assert forwarder.metric("forwarder_late_find_seconds_count", source="activities") == len(late)
    assert forwarder.red() == {}
    world.verdict(forwarder)


def test_a_row_late_beyond_the_overlap_is_found_by_reconciliation_counted_and_red(build: Build) -> None:
    world, forwarder = _caught_up(build)
    late = happens(world.feed.clock, "late", 20, ago=30 * HOUR)
    world.feed.extend(late)
    world.feed.clock.advance(DAY)
    assert f"{len(late)} rows" in forwarder.until_red(LATE)
    assert forwarder.metric("forwarder_late_find_seconds_count", source="activities") == len(late)
    world.verdict(forwarder)
    assert world.holds("splunk", ids(late))


def test_a_day_without_late_rows_is_reconciled_in_silence(build: Build) -> None:
    world, forwarder = _caught_up(build)
    world.feed.clock.advance(DAY)
    read = forwarder.metric("forwarder_read_records_total")
    forwarder.until("the reconcile depth is read again", lambda: _read(forwarder) >= read + 30)
    assert forwarder.red() == {}
    world.verdict(forwarder)


def _read(forwarder: Forwarder) -> float:
    return forwarder.metric("forwarder_read_records_total")


def test_a_row_that_happened_while_nobody_looked_is_found_after_a_day_off(build: Build) -> None:
    world, forwarder = _caught_up(build)
    assert forwarder.stop() == 0
    world.feed.clock.advance(DAY)
    world.feed.extend(happens(world.feed.clock, "missed", 200, apart=400.0))
    forwarder = world.start()
    world.verdict(forwarder)
    assert LATE not in forwarder.log()
