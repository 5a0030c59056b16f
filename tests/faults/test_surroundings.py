"""Faults of the environment: proxy, clock, file descriptors; and two Splunk sinks."""

import resource
import sys
import time
from pathlib import Path

import pytest

from forwarder.simulator.certificates import DOMAIN
from forwarder.simulator.hec import HEC_TOKEN, HecServer
from tests.faults.conftest import Build
from tests.faults.connect_proxy import PASSWORD, ConnectProxy
from tests.faults.ledger import Ledger
from tests.faults.process import Forwarder
from tests.faults.rows import ids, month, new_activities
from tests.faults.world import World

YEAR = 365 * 86_400


def use_proxy(proxy: ConnectProxy, world: World) -> None:
    """Put everything where only the proxy finds it."""
    world.environment |= dict.fromkeys(("HTTPS_PROXY", "https_proxy"), proxy.url)
    sections = {"feed": world.settings["anthropic"], **world.settings["sinks"]}
    for name, section in sections.items():
        for key in {"base_url", "url", "endpoint", "authority"} & section.keys():
            section[key] = section[key].replace("localhost", f"{name}.{DOMAIN}")


def test_all_connections_use_an_authenticating_proxy(build: Build) -> None:
    world = build(month(300), sinks=("splunk", "sentinel"), tls=True)
    with ConnectProxy() as proxy:
        use_proxy(proxy, world)
        forwarder = world.start()
        world.assert_delivered(forwarder)
        assert {int(target.rpartition(":")[2]) for target in proxy.tunnels} == {
            world.feed.port,
            world.hec.port,
            world.logs.port,
        }
    assert PASSWORD not in forwarder.log()


def test_a_proxy_that_refuses_the_credentials_for_a_while_is_red_and_loses_nothing(build: Build) -> None:
    world = build(month(300), sinks=("splunk", "sentinel"), tls=True)
    with ConnectProxy() as proxy:
        proxy.accepts = False
        use_proxy(proxy, world)
        forwarder = world.start()
        named = f"through the proxy {proxy.address} (the proxy refuses: 407 Proxy Authentication Required)"
        assert named in forwarder.until_red("sources.activities")
        forwarder.until("both sinks name it", lambda: _sinks_that_name(named, forwarder) == {"splunk", "sentinel"})
        assert proxy.refused
        proxy.accepts = True
        world.assert_delivered(forwarder)
    assert PASSWORD not in forwarder.log()


def _sinks_that_name(text: str, forwarder: Forwarder) -> set[str]:
    return {line["sink"] for line in forwarder.logged("send failed, will be retried") if text in line["reason"]}


def test_nothing_on_loopback_uses_a_proxy_of_the_environment(build: Build) -> None:
    world = build(month(300), sinks=("splunk", "sentinel"))
    with ConnectProxy() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            world.environment |= dict.fromkeys((name, name.upper()), proxy.url)
        world.environment |= dict.fromkeys(("NO_PROXY", "no_proxy"), "")
        world.assert_delivered(world.start())
        assert (proxy.tunnels, proxy.refused) == ([], 0)


@pytest.mark.parametrize("address", ["foo", f"foo:{PASSWORD}", f"socks5://user:{PASSWORD}@foo:1080"])
def test_an_address_that_is_not_a_proxys_is_a_fault_of_the_settings(build: Build, address: str) -> None:
    world = build(month(1), tls=True)
    with ConnectProxy() as proxy:
        use_proxy(proxy, world)
    world.environment |= dict.fromkeys(("HTTPS_PROXY", "https_proxy"), address)
    forwarder = world.launch("--once")
    assert forwarder.wait_for_exit() == 2
    assert forwarder.log().startswith("HTTPS_PROXY: not the address of a proxy: ")
    assert PASSWORD not in forwarder.log()
    for command in (["config", "check"], ["check"]):
        assert "HTTPS_PROXY: not the address of a proxy: " in world.command(*command, code=2)


def test_two_splunk_sinks_each_receive_everything_although_one_is_down_for_a_while(build: Build) -> None:
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
        forwarder.until("the first has received everything", lambda: world.has_received("splunk", issued))
        assert not second.uids()
        second.faults.clear()
        forwarder.until("the second has received everything", lambda: second.uids().keys() >= world.hec.uids().keys())
        world.assert_delivered(forwarder)
        assert second.uids().keys() == world.hec.uids().keys()
        assert sum(ledger.uids.values()) == len(second.uids()), "nothing is duplicated"
        assert HEC_TOKEN not in forwarder.log()


@pytest.mark.parametrize("by", [2 * YEAR, -2 * YEAR], ids=["forward", "backward"])
def test_a_local_clock_that_jumps_years_loses_duplicates_and_expires_nothing(
    by: float, build: Build, tmp_path: Path
) -> None:
    world = build(month(600))
    world.settings["sinks"]["archive"]["keep"] = 1
    world.hec.fault("refuse-event", contains="activity_refused", times=None)
    forwarder = world.start()
    world.feed.extend(new_activities(world.feed.clock, "refused"))
    forwarder.until("the dead letter is stored", lambda: forwarder.metric("forwarder_dead_letters") == 1)
    world.set_local_clock(by)
    after = new_activities(world.feed.clock, "after_the_jump", 50)
    world.feed.extend(after)
    forwarder.until(
        "all sinks have received the rest",
        lambda: all(world.has_received(sink, ids(after)) for sink in world.receivers()),
    )
    skew = "forwarder_clock_skew_seconds"
    forwarder.until("the clock skew is reported", lambda: abs(forwarder.metric(skew) + by) < 120)
    assert forwarder.metric("forwarder_dead_letters") == 1
    world.assert_delivered(forwarder, refused={"splunk": ["activity_refused_0"]})
    days = sorted(day.name for day in (tmp_path / "archive").glob("*-*-*"))
    assert days[-1] <= time.strftime("%Y-%m-%d", time.gmtime())
    assert world.refused_by("splunk") == {"activity_refused_0"}


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of another process can be set on Linux only")
def test_a_lack_of_file_descriptors_pauses_the_forwarder_until_it_ends(build: Build) -> None:
    world = build(month(300))
    forwarder = world.start()
    issued = world.feed.issued_ids()
    forwarder.until(
        "the first run is complete", lambda: all(world.has_received(sink, issued) for sink in world.receivers())
    )
    before = resource.prlimit(forwarder.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(forwarder.pid, resource.RLIMIT_NOFILE, (4, before[1]))
    missed = new_activities(world.feed.clock, "missed", 500)
    world.feed.extend(missed)
    time.sleep(3)
    resource.prlimit(forwarder.pid, resource.RLIMIT_NOFILE, before)
    forwarder.until_ready()
    world.assert_delivered(forwarder)
