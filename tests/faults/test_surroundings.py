"""What surrounds the process goes wrong: the way out, the clock, file descriptors; and several Splunks at once."""

import resource
import sys
import time
from pathlib import Path

import pytest

from forwarder.simulator.hec import HEC_TOKEN, HecServer
from tests.faults.conftest import Build
from tests.faults.connect_proxy import PASSWORD, ConnectProxy
from tests.faults.ledger import Ledger
from tests.faults.rows import happens, ids, month
from tests.faults.world import World

YEAR = 365 * 86_400


def behind(proxy: ConnectProxy, world: World) -> None:
    """The process of this world reaches nothing but by the proxy."""
    world.environment |= dict.fromkeys(("HTTPS_PROXY", "https_proxy"), proxy.url)
    world.environment |= dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1")


def test_everything_goes_through_a_proxy_that_wants_a_name(build: Build) -> None:
    world = build(month(300), sinks=("splunk", "sentinel"), tls=True)
    with ConnectProxy() as proxy:
        behind(proxy, world)
        forwarder = world.start()
        world.verdict(forwarder)
        assert {int(target.rpartition(":")[2]) for target in proxy.tunnels} == {
            world.feed.port,
            world.hec.port,
            world.logs.port,
        }
    assert PASSWORD not in forwarder.log()


def test_a_proxy_that_refuses_the_name_for_a_while_is_red_and_loses_nothing(build: Build) -> None:
    world = build(month(300), sinks=("splunk", "sentinel"), tls=True)
    with ConnectProxy() as proxy:
        proxy.accepts = False
        behind(proxy, world)
        forwarder = world.start()
        assert "407" in forwarder.until_red("sources.activities")
        assert proxy.refused
        proxy.accepts = True
        world.verdict(forwarder)
    assert PASSWORD not in forwarder.log()


def test_two_splunks_each_get_everything_though_one_is_down_for_a_while(build: Build) -> None:
    world = build(month(600), sinks=("splunk",))
    second = HecServer(keep_events=True, token="another-token")
    second.delivered = ledger = Ledger()
    token = world.stage.folder / "second-token"
    token.write_text("another-token")
    with second:
        world.settings["sinks"]["splunk-eu"] = {"type": "splunk", "url": second.url, "token_file": str(token)}
        second.fault("busy", times=None)
        forwarder = world.start()
        issued = world.feed.issued_ids()
        forwarder.until("the first holds everything", lambda: world.holds("splunk", issued))
        assert not second.uids()
        second.faults.clear()
        forwarder.until("the second holds everything", lambda: second.uids().keys() >= world.hec.uids().keys())
        world.verdict(forwarder)
        assert second.uids().keys() == world.hec.uids().keys()
        assert sum(ledger.uids.values()) == len(second.uids()), "nothing came twice"
        assert HEC_TOKEN not in forwarder.log()


@pytest.mark.parametrize("by", [2 * YEAR, -2 * YEAR], ids=["forward", "back"])
def test_a_local_clock_that_jumps_years_loses_nothing_doubles_nothing_and_ages_nothing(
    by: float, build: Build, tmp_path: Path
) -> None:
    world = build(month(600))
    wrong = tmp_path / "wrong-by"
    wrong.write_text("0")
    world.environment |= {"PYTHONPATH": str(Path(__file__).with_name("wrong_clock")), "WRONG_CLOCK_FILE": str(wrong)}
    world.settings["sinks"]["archive"]["keep"] = 1
    world.hec.fault("refuse-event", contains="activity_sour", times=None)
    forwarder = world.start()
    world.feed.extend(happens(world.feed.clock, "sour"))
    forwarder.until("a letter is kept", lambda: forwarder.metric("forwarder_dead_letters") == 1)
    wrong.write_text(str(by))
    after = happens(world.feed.clock, "after_the_jump", 50)
    world.feed.extend(after)
    forwarder.until("all hold the rest", lambda: all(world.holds(sink, ids(after)) for sink in world.receivers()))
    skew = "forwarder_clock_skew_seconds"
    forwarder.until("the skew is told", lambda: abs(forwarder.metric(skew) + by) < 120)
    assert forwarder.metric("forwarder_dead_letters") == 1
    world.verdict(forwarder, refused={"splunk": ["activity_sour_0"]})
    days = sorted(day.name for day in (tmp_path / "archive").glob("*-*-*"))
    assert days[-1] <= time.strftime("%Y-%m-%d", time.gmtime())
    assert world.refused_by("splunk") == {"activity_sour_0"}


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of another process can be set on Linux only")
def test_without_file_descriptors_everything_waits_and_goes_on_when_there_are_some(build: Build) -> None:
    world = build(month(300))
    forwarder = world.start()
    issued = world.feed.issued_ids()
    forwarder.until("the first run is over", lambda: all(world.holds(sink, issued) for sink in world.receivers()))
    before = resource.prlimit(forwarder.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(forwarder.pid, resource.RLIMIT_NOFILE, (4, before[1]))
    missed = happens(world.feed.clock, "missed", 500)
    world.feed.extend(missed)
    time.sleep(3)
    resource.prlimit(forwarder.pid, resource.RLIMIT_NOFILE, before)
    forwarder.until_ready()
    world.verdict(forwarder, limits={sink: ledger.in_flight() for sink, ledger in world.ledgers.items()})
