"""`run --once`: brings everything up to now, and its exit code says whether it did."""

from tests.faults.conftest import Build
from tests.faults.process import Forwarder
from tests.faults.rows import month


def test_once_delivers_everything_and_exits_0(build: Build) -> None:
    world = build(month(1500))
    wanted = dict.fromkeys(world.settings["sinks"], world.feed.issued_ids())
    assert world.launch("--once").ends() == 0
    world.books(wanted)


def test_rows_that_the_forwarder_itself_causes_do_not_keep_once_from_finishing(build: Build) -> None:
    world = build(month(300), sinks=("splunk",), feed={"access_delay": 0.0})
    assert world.launch("--once").ends() == 0
    world.feed.clock.advance(5)  # the API says its time in whole seconds, and the two runs may fall into one
    assert world.launch("--once").ends() == 0
    codes = {envelope["fields"]["claude_code"] for envelope in world.hec.events()}
    assert "compliance_api_accessed" in codes


def test_once_exits_1_when_a_destination_refused_an_event(build: Build) -> None:
    world = build(month(300), sinks=("splunk",))
    poison, *others = world.feed.issued_ids()
    world.hec.fault("refuse-event", times=None, contains=poison)
    assert world.launch("--once").ends() == 1
    world.books({"splunk": others}, refused={"splunk": {poison}})


def test_once_exits_1_when_it_is_interrupted_with_events_undelivered_and_keeps_them(build: Build) -> None:
    world = build(month(300), sinks=("splunk",))
    wanted = {"splunk": world.feed.issued_ids()}
    world.hec.fault("busy", times=None)
    forwarder = world.launch("--once")
    forwarder.until("a request was refused", lambda: "503" in world.hec.stats()["requests"])
    assert forwarder.stop() == 1
    world.hec.faults.clear()
    assert world.launch("--once").ends() == 0
    world.books(wanted)


def test_once_exits_1_after_a_minute_without_progress(stuck_once: Forwarder) -> None:
    assert stuck_once.ends(within=100) == 1


def test_a_wrong_configuration_exits_2_and_names_the_key(build: Build) -> None:
    world = build([])
    world.settings["sources"]["activities"]["pol"] = "30s"
    forwarder = world.launch("--once")
    assert forwarder.ends() == 2
    assert "sources.activities.pol" in forwarder.log()
    assert "Traceback" not in forwarder.log()
