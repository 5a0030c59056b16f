"""Orders, cursors and instants: pages that do not line up as one would wish."""

from datetime import UTC, datetime

import pytest

from forwarder.simulator import scenario
from forwarder.simulator.feed_query import OrderSupport
from tests.faults.conftest import Build
from tests.faults.rows import at_once, busy_day, happens, ids

FEW = ("splunk", "archive")


@pytest.mark.parametrize("order", ["ignored", "refused"])
def test_an_api_that_knows_no_ascending_order_is_read_whole(build: Build, order: OrderSupport) -> None:
    world = build(busy_day(4500), start="25h", sinks=FEW)
    world.feed.order = order
    forwarder = world.start()
    forwarder.until("the first run is read", lambda: forwarder.metric("forwarder_events_total") >= 4500)
    fresh = happens(world.feed.clock, "fresh", 50)
    world.feed.extend(fresh)
    world.verdict(forwarder)
    assert world.holds("splunk", ids(fresh))


def test_cursors_that_never_hold_for_long_only_begin_their_window_again(build: Build) -> None:
    world = build(busy_day(6500), start="25h", sinks=FEW)
    for _ in range(3):
        world.feed.fault("cursor-expired", skip=2)
    forwarder = world.start()
    world.verdict(forwarder)


def test_cursors_that_are_no_ids_are_followed_as_they_are(build: Build) -> None:
    world = build(busy_day(4500), start="25h", sinks=FEW, feed={"opaque_cursors": True})
    forwarder = world.start()
    world.verdict(forwarder)


def test_more_rows_at_one_instant_than_a_page_holds_are_all_read(build: Build) -> None:
    world = build(at_once(7000), start="1h", sinks=FEW)
    forwarder = world.start()
    world.verdict(forwarder)


def test_page_edges_within_equal_timestamps_lose_nothing(build: Build) -> None:
    world = build(scenario("equal-timestamps", now=datetime.now(UTC), count=5000), start="25h", sinks=FEW)
    forwarder = world.start()
    world.verdict(forwarder)


def test_all_organizations_under_one_key_are_read(build: Build) -> None:
    issues = scenario("many-organizations", now=datetime.now(UTC), count=2500)
    world = build(issues, start="8d", sinks=("splunk", "sentinel"))
    forwarder = world.start()
    world.verdict(forwarder)
    there = {i.activity["organization_uuid"] for i in issues if isinstance(i.activity, dict)} - {None}
    assert {envelope["fields"].get("claude_org") for envelope in world.hec.events()} >= there
