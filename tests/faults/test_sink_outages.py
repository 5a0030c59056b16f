"""Outages of a sink: everything is kept, everything is delivered, nothing is duplicated."""

from typing import Any, NamedTuple

import pytest

from forwarder.simulator.clock import SECOND
from forwarder.simulator.server import Served
from tests.faults.conftest import Build
from tests.faults.cutting_proxy import CuttingProxy
from tests.faults.rows import month
from tests.faults.world import World

Fault = dict[str, Any]
INGESTION = "/dataCollectionRules/"
BOTH = ("splunk", "sentinel")
FAILURES, BACKLOG = "forwarder_failures_total", "forwarder_backlog_events"


class Outage(NamedTuple):
    """The simultaneous faults of Splunk and of Logs Ingestion, after one successful request each."""

    splunk: Fault
    sentinel: Fault

    def inject(self, world: World) -> None:
        """Inject the faults."""
        world.hec.fault(**{"skip": 1, **self.splunk})
        world.logs.fault(**{"skip": 1, "path": INGESTION, **self.sentinel})


OUTAGES = {
    "server errors": Outage({"name": "internal-error", "times": 3}, {"name": "server-error", "times": 3}),
    "the error page of a proxy": Outage(
        {"name": "proxy-unavailable", "times": 3}, {"name": "proxy-unavailable", "times": 3}
    ),
    "a bad gateway": Outage({"name": "proxy-bad-gateway", "times": 3}, {"name": "proxy-bad-gateway", "times": 3}),
    "connection resets after the body": Outage(
        {"name": "connection-reset", "times": 3}, {"name": "connection-reset", "times": 3}
    ),
    "HTTP 413": Outage({"name": "proxy-too-large", "times": 3}, {"name": "too-large", "times": 3}),
    "a restart": Outage({"name": "shutting-down", "times": 3}, {"name": "unavailable", "times": 3}),
    "a queue near capacity": Outage({"name": "near-capacity", "times": 3}, {"name": "slow", "times": 3, "delay": 0.5}),
}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)
def test_an_outage_loses_nothing_and_duplicates_nothing(build: Build, outage: Outage) -> None:
    world = build(month(1500))
    outage.inject(world)
    forwarder = world.start()
    world.assert_delivered(forwarder)
    assert world.hec.stats()["faults"] == {outage.splunk["name"]: 3}
    assert world.logs.stats()["faults"] == {outage.sentinel["name"]: 3}


def test_delivery_resumes_within_five_seconds_after_an_outage(build: Build) -> None:
    world = build(month(1500))
    Outage({"name": "busy", "seconds": 5.0}, {"name": "unavailable", "seconds": 5.0}).inject(world)
    forwarder = world.start()
    world.assert_delivered(forwarder)
    for server, success in ((world.hec, "200"), (world.logs, "204")):
        requests = [r for r in server.served() if r.method == "POST" and "oauth2" not in r.target]
        failed = [r.at_us for r in requests if r.outcome == "503"]
        first_good = next(r.at_us for r in requests if r.at_us > failed[-1] and r.outcome == success)
        assert first_good - (failed[0] + 5 * SECOND) <= 5 * SECOND


def test_all_delivery_workers_obey_retry_after(build: Build) -> None:
    world = build(month(1500))
    Outage(
        {"name": "at-capacity", "retry_after": 3, "times": 1}, {"name": "throttled", "retry_after": 3, "times": 1}
    ).inject(world)
    forwarder = world.start()
    world.assert_delivered(forwarder)
    for server in (world.hec, world.logs):
        requests = server.served()
        throttled_at = next(r.at_us for r in requests if r.outcome == "429")
        assert len(_between(requests, throttled_at, throttled_at + 2.9 * SECOND)) <= 3, (
            "only requests already in flight may follow"
        )


def _between(requests: list[Served], start_us: float, end_us: float) -> list[Served]:
    return [r for r in requests if start_us < r.at_us < end_us]


@pytest.mark.parametrize("ending", ["answer-lost", "truncated-body"])
def test_a_lost_response_duplicates_at_most_the_events_of_its_request(build: Build, ending: str) -> None:
    world = build(month(1500))
    Outage({"name": ending, "times": 2}, {"name": "answer-lost", "times": 2}).inject(world)
    forwarder = world.start()
    world.assert_delivered(forwarder)
    assert all(world.duplicated(sink) for sink in world.ledgers), "the response was lost, not the request"


def test_a_connection_reset_within_the_body_loses_nothing_and_duplicates_nothing(build: Build) -> None:
    world = build(month(1500))
    with CuttingProxy(world.hec.port, cuts=3, after=700) as proxy:
        world.settings["sinks"]["splunk"]["url"] = proxy.url
        forwarder = world.start()
        world.assert_delivered(forwarder)
        assert proxy.cuts == 0


def test_a_restarted_receiver_gets_everything_exactly_once(build: Build) -> None:
    world = build(month(1500))
    world.hec.stop()
    world.logs.stop()
    forwarder = world.start()
    forwarder.until("both sinks fail", lambda: all(forwarder.metric(FAILURES, subject=f"sinks.{s}") for s in BOTH))
    assert forwarder.red() == {}, "a short outage is not a misconfiguration"
    world.hec.start()
    world.logs.start()
    world.assert_delivered(forwarder)


@pytest.mark.parametrize(("down", "healthy"), [("splunk", "sentinel"), ("sentinel", "splunk")])
def test_a_sink_that_is_down_delays_no_other(build: Build, down: str, healthy: str) -> None:
    world = build(month(1500))
    world.receivers()[down].fault("proxy-unavailable", times=None)
    forwarder = world.start()
    issued = world.feed.issued_ids()
    forwarder.until(f"{healthy} has received everything", lambda: world.has_received(healthy, issued))
    forwarder.until("the archive has everything", lambda: forwarder.metric(BACKLOG, sink="archive") == 0)
    assert forwarder.metric(BACKLOG, sink=down) >= len(issued)
    assert not world.receivers()[down].events()
    world.receivers()[down].faults.clear()
    world.assert_delivered(forwarder)
