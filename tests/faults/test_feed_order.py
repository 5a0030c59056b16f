"""Sort order, cursors and equal timestamps of the feed."""

from datetime import UTC, datetime

import pytest

from forwarder.simulator import scenario
from forwarder.simulator.feed_query import OrderSupport
from tests.faults.conftest import Build
from tests.faults.rows import busy_day, ids, new_activities, simultaneous_activities

FEW = ("splunk", "archive")


@pytest.mark.parametrize("order", ["ignored", "refused"])
def test_a_feed_without_ascending_order_is_read_completely(build: Build, order: OrderSupport) -> None:
    world = build(busy_day(4500), start="25h", sinks=FEW)
    world.feed.order = order
    forwarder = world.start()
    forwarder.until("the first run is read", lambda: forwarder.metric("forwarder_events_total") >= 4500)
    fresh = new_activities(world.feed.clock, "fresh", 50)
    world.feed.extend(fresh)
    world.assert_delivered(forwarder)
    assert world.has_received("splunk", ids(fresh))


def test_an_expired_cursor_only_restarts_its_window(build: Build) -> None:
    world = build(busy_day(6500), start="25h", sinks=FEW)
    for _ in range(3):
        world.feed.fault("cursor-expired", skip=2)
    forwarder = world.start()
    world.assert_delivered(forwarder)


def test_opaque_cursors_are_supported(build: Build) -> None:
    world = build(busy_day(4500), start="25h", sinks=FEW, feed={"opaque_cursors": True})
    forwarder = world.start()
    world.assert_delivered(forwarder)


def test_more_rows_with_one_timestamp_than_fit_on_a_page_are_all_read(build: Build) -> None:
    world = build(simultaneous_activities(7000), start="1h", sinks=FEW)
    forwarder = world.start()
    world.assert_delivered(forwarder)


def test_page_boundaries_between_equal_timestamps_lose_nothing(build: Build) -> None:
    world = build(scenario("equal-timestamps", now=datetime.now(UTC), count=5000), start="25h", sinks=FEW)
    forwarder = world.start()
    world.assert_delivered(forwarder)


def test_all_organizations_of_a_key_are_read(build: Build) -> None:
    issues = scenario("many-organizations", now=datetime.now(UTC), count=2500)
    world = build(issues, start="8d", sinks=("splunk", "sentinel"))
    forwarder = world.start()
    world.assert_delivered(forwarder)
    expected = {i.activity["organization_uuid"] for i in issues if isinstance(i.activity, dict)} - {None}
    assert {envelope["fields"].get("claude_org") for envelope in world.hec.events()} >= expected


@pytest.mark.parametrize("order", ["honoured", "ignored"])
def test_deep_pages_that_are_refused_for_ever_lose_and_duplicate_nothing(build: Build, order: OrderSupport) -> None:
    world = build(busy_day(5000), feed={"order": order})
    world.feed.fault("deep-page", times=None, rows=1500, status=400)
    world.assert_delivered(world.start())
    assert world.feed.stats()["faults"]["deep-page"] >= 2
