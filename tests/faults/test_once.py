"""`run --once`: delivers everything up to now; the exit code reports whether it did."""

from tests.faults.conftest import Build
from tests.faults.process import Forwarder
from tests.faults.rows import month


def test_once_delivers_everything_and_exits_0(build: Build) -> None:
    world = build(month(1500))
    wanted = dict.fromkeys(world.settings["sinks"], world.feed.issued_ids())
    assert world.launch("--once").wait_for_exit() == 0
    world.assert_no_loss(wanted)


def test_rows_caused_by_the_forwarder_itself_do_not_prevent_once_from_finishing(build: Build) -> None:
    world = build(month(300), sinks=("splunk",), feed={"access_delay": 0.0})
    assert world.launch("--once").wait_for_exit() == 0
    world.advance(5)  # the API reports its time in whole seconds; both runs could be within one
    assert world.launch("--once").wait_for_exit() == 0
    codes = {envelope["fields"]["claude_code"] for envelope in world.hec.events()}
    assert "compliance_api_accessed" in codes


def test_once_exits_1_when_a_destination_refused_an_event(build: Build) -> None:
    world = build(month(300), sinks=("splunk",))
    refused, *others = world.feed.issued_ids()
    world.hec.fault("refuse-event", times=None, contains=refused)
    assert world.launch("--once").wait_for_exit() == 1
    world.assert_no_loss({"splunk": others}, refused={"splunk": {refused}})


def test_once_exits_1_when_interrupted_with_undelivered_events_and_keeps_them(build: Build) -> None:
    world = build(month(300), sinks=("splunk",))
    wanted = {"splunk": world.feed.issued_ids()}
    world.hec.fault("busy", times=None)
    forwarder = world.launch("--once")
    forwarder.until("a request was refused", lambda: "503" in world.hec.stats()["requests"])
    assert forwarder.stop() == 1
    world.hec.faults.clear()
    assert world.launch("--once").wait_for_exit() == 0
    world.assert_no_loss(wanted)


def test_once_exits_1_after_a_minute_without_progress(stalled_run: Forwarder) -> None:
    assert stalled_run.wait_for_exit(within=100) == 1


def test_once_ends_a_minute_after_its_own_progress_whatever_other_sources_find(
    run_with_one_revoked_key: Forwarder,
) -> None:
    assert run_with_one_revoked_key.wait_for_exit(within=100) == 1
    assert "source refused" in run_with_one_revoked_key.log()


def test_an_invalid_configuration_exits_2_and_names_the_key(build: Build) -> None:
    world = build([])
    world.settings["sources"]["activities"]["pol"] = "30s"
    forwarder = world.launch("--once")
    assert forwarder.wait_for_exit() == 2
    assert "sources.activities.pol" in forwarder.log()
    assert "Traceback" not in forwarder.log()
