"""A sink that is away for a while: everything waits, everything comes, nothing comes twice."""

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
    """The faults of Splunk and of Logs Ingestion, which happen at the same time after one good request each."""

    splunk: Fault
    sentinel: Fault

    def plan(self, world: World) -> None:
        """Let them happen."""
        world.hec.fault(**{"skip": 1, **self.splunk})
        world.logs.fault(**{"skip": 1, "path": INGESTION, **self.sentinel})


HARMLESS = {
    "server errors": Outage({"name": "internal-error", "times": 3}, {"name": "server-error", "times": 3}),
    "the page of a proxy": Outage({"name": "proxy-unavailable", "times": 3}, {"name": "proxy-unavailable", "times": 3}),
    "a bad gateway": Outage({"name": "proxy-bad-gateway", "times": 3}, {"name": "proxy-bad-gateway", "times": 3}),
    "resets after the body": Outage({"name": "connection-reset", "times": 3}, {"name": "connection-reset", "times": 3}),
    "bodies called too large": Outage({"name": "proxy-too-large", "times": 3}, {"name": "too-large", "times": 3}),
    "a restart": Outage({"name": "shutting-down", "times": 3}, {"name": "unavailable", "times": 3}),
    "a queue nearly full": Outage({"name": "near-capacity", "times": 3}, {"name": "slow", "times": 3, "delay": 0.5}),
}


@pytest.mark.parametrize("outage", HARMLESS.values(), ids=HARMLESS)
def test_an_outage_loses_nothing_and_doubles_nothing(build: Build, outage: Outage) -> None:
    world = build(month(1500))
    outage.plan(world)
    forwarder = world.start()
    world.verdict(forwarder)
    assert world.hec.stats()["faults"] == {outage.splunk["name"]: 3}
    assert world.logs.stats()["faults"] == {outage.sentinel["name"]: 3}


def test_delivery_begins_again_within_five_seconds_of_the_end_of_an_outage(build: Build) -> None:
    world = build(month(1500))
    Outage({"name": "busy", "seconds": 5.0}, {"name": "unavailable", "seconds": 5.0}).plan(world)
    forwarder = world.start()
    world.verdict(forwarder)
    for server, good in ((world.hec, "200"), (world.logs, "204")):
        requests = [r for r in server.served() if r.method == "POST" and "oauth2" not in r.target]
        bad = [r.at_us for r in requests if r.outcome == "503"]
        first_good = next(r.at_us for r in requests if r.at_us > bad[-1] and r.outcome == good)
        assert first_good - (bad[0] + 5 * SECOND) <= 5 * SECOND


def test_retry_after_is_obeyed_by_every_lane(build: Build) -> None:
    world = build(month(1500))
    Outage(
        {"name": "at-capacity", "retry_after": 3, "times": 1}, {"name": "throttled", "retry_after": 3, "times": 1}
    ).plan(world)
    forwarder = world.start()
    world.verdict(forwarder)
    for server in (world.hec, world.logs):
        requests = server.served()
        told = next(r.at_us for r in requests if r.outcome == "429")
        assert len(_between(requests, told, told + 2.9 * SECOND)) <= 3, "only what was in flight may still come"


def _between(requests: list[Served], start_us: float, end_us: float) -> list[Served]:
    return [r for r in requests if start_us < r.at_us < end_us]


@pytest.mark.parametrize("ending", ["answer-lost", "truncated-body"])
def test_a_lost_answer_doubles_at_most_the_events_of_its_body(build: Build, ending: str) -> None:
    world = build(month(1500))
    Outage({"name": ending, "times": 2}, {"name": "answer-lost", "times": 2}).plan(world)
    forwarder = world.start()
    world.verdict(forwarder, lost_answers=2)
    assert all(world.duplicated(sink) for sink in world.ledgers), "the answer was lost, not the body"


def test_a_connection_reset_within_the_body_loses_nothing_and_doubles_nothing(build: Build) -> None:
    world = build(month(1500))
    with CuttingProxy(world.hec.port, cuts=3, after=700) as proxy:
        world.settings["sinks"]["splunk"]["url"] = proxy.url
        forwarder = world.start()
        world.verdict(forwarder)
        assert proxy.cuts == 0


def test_a_receiver_that_is_restarted_gets_everything_once(build: Build) -> None:
    world = build(month(1500))
    world.hec.stop()
    world.logs.stop()
    forwarder = world.start()
    forwarder.until("both sinks fail", lambda: all(forwarder.metric(FAILURES, subject=f"sinks.{s}") for s in BOTH))
    assert forwarder.red() == {}, "what is away for a moment is not misconfigured"
    world.hec.start()
    world.logs.start()
    world.verdict(forwarder)


@pytest.mark.parametrize(("down", "well"), [("splunk", "sentinel"), ("sentinel", "splunk")])
def test_one_sink_down_delays_no_other(build: Build, down: str, well: str) -> None:
    world = build(month(1500))
    world.receivers()[down].fault("proxy-unavailable", times=None)
    forwarder = world.start()
    issued = world.feed.issued_ids()
    forwarder.until(f"{well} holds everything", lambda: world.holds(well, issued))
    forwarder.until("the archive holds everything", lambda: forwarder.metric(BACKLOG, sink="archive") == 0)
    assert forwarder.metric(BACKLOG, sink=down) >= len(issued)
    assert not world.receivers()[down].events()
    world.receivers()[down].faults.clear()
    world.verdict(forwarder)
