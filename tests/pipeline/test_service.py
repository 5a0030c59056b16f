"""The service as a whole over real HTTP: what a run delivers, what it reports of itself, how it ends."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from forwarder.errors import Misconfigured
from forwarder.pipeline import Service
from forwarder.settings import load_settings
from forwarder.simulator import COMPLIANCE_KEY, SimulatedClock, scenario
from forwarder.simulator.audit import DeliveryCount, account, archived, original_uid
from forwarder.simulator.azure_tokens import CLIENT_SECRET
from forwarder.simulator.hec import HEC_TOKEN
from forwarder.simulator.stage import Stage

COUNT = 300


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A stage with a month of a small organization behind it."""
    clock = SimulatedClock()
    with Stage(tmp_path, scenario("ordinary-month", now=clock.now(), count=COUNT), clock=clock) as made:
        made.feed.records_access = False
        yield made


def service(stage: Stage, changes: dict[str, Any] | None = None, **settings: Any) -> Service:
    """A forwarder on the stage; `changes` are top-level sections that replace the stage's."""
    file = stage.write({**stage.settings(**settings), **(changes or {})})
    return Service(load_settings(file, {}))


def once(stage: Stage, **settings: Any) -> tuple[bool, Service]:
    """One complete run."""
    forwarder = service(stage, **settings)
    return forwarder.run_once(threading.Event(), lambda _: None), forwarder


@contextmanager
def running(forwarder: Service) -> Iterator[httpx.Client]:
    """The service until the end of the block, and its status address."""
    stop = threading.Event()
    thread = threading.Thread(target=forwarder.run, args=(stop,))
    thread.start()
    assert forwarder.status
    host, port = forwarder.status.address
    try:
        with httpx.Client(base_url=f"http://{host}:{port}") as http:
            yield http
    finally:
        stop.set()
        thread.join(timeout=25)
    assert not thread.is_alive()


def until(done: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for it."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < seconds, "the condition did not come true"
        time.sleep(0.02)


def held(stage: Stage) -> dict[str, list[Any]]:
    """Every event that each destination holds."""
    archive = list(archived(stage.folder / "archive"))
    return {"splunk": stage.hec.events(), "sentinel": stage.logs.events(), "archive": archive}


def test_a_health_event_has_totals_at_fixed_paths_of_what_it_reports_by_source_and_sink(stage: Stage) -> None:
    a_minute_ago = stage.clock.now() - timedelta(minutes=1)
    stage.feed.append({"id": "", "type": "claude_chat_created", "created_at": a_minute_ago.isoformat()})
    once(stage)
    stopped = stage.hec.events()[-1]["event"]
    report = stopped["unmapped"]["forwarder"]
    assert stopped["metadata"]["event_code"] == "forwarder.stopped"
    assert report["totals"]["dead_letters"] == sum(report["dead_letters"].values()) == 1
    assert report["totals"]["lag_seconds"] == report["sources"]["activities"]["lag_seconds"] > 0
    assert report["totals"]["backlog"] == max(sink["backlog"] for sink in report["sinks"].values())


def test_once_delivers_everything_to_every_sink_and_a_second_time_nothing(stage: Stage) -> None:
    complete, _ = once(stage)
    assert complete
    issued = stage.feed.issued_ids()
    assert len(issued) >= COUNT * 0.9
    for events in held(stage).values():
        assert account(issued, events) == DeliveryCount(len(issued), 0, 0)
        own = [event.get("event", event) for event in events if original_uid(event) is None]
        assert [event["metadata"]["event_code"] for event in own] == ["forwarder.started", "forwarder.stopped"]
    complete, _ = once(stage)
    assert complete
    for events in held(stage).values():
        assert account(issued, events) == DeliveryCount(len(issued), 0, 0)


def test_the_same_event_is_the_same_object_in_every_sink(stage: Stage) -> None:
    once(stage)
    by_sink = held(stage)
    splunk = {e["event"]["metadata"]["uid"]: e["event"] for e in by_sink["splunk"]}
    archive = {e["metadata"]["uid"]: e for e in by_sink["archive"]}
    assert splunk == archive
    for row in by_sink["sentinel"]:
        assert {name: row[name] for name in splunk[row["EventUid"]]} == splunk[row["EventUid"]]


def test_once_is_not_complete_when_a_record_became_a_dead_letter(stage: Stage) -> None:
    stage.feed.fault("junk-items", skip=1)
    complete, _ = once(stage, sinks=("splunk",))
    assert not complete
    assert account(stage.feed.issued_ids(), stage.hec.events()).lost == 0


def test_the_metrics_agree_with_the_destinations(stage: Stage) -> None:
    with running(service(stage, sinks=("splunk",))) as http:
        issued = len(stage.feed.issued_ids())
        until(lambda: len(stage.hec.uids()) == issued + 1)
        until(lambda: f'forwarder_delivered_events_total{{sink="splunk"}} {issued + 1}.0' in http.get("/metrics").text)
        text = http.get("/metrics").text
        assert f'forwarder_events_total{{source="activities",stream="activity"}} {issued}.0' in text
        assert 'forwarder_backlog_events{sink="splunk"} 0.0' in text
        assert "forwarder_red 0.0" in text
        assert 'forwarder_clock_skew_seconds{source="activities"}' in text
        page = http.get("/").text
        assert f"<td>sinks.splunk.delivered</td><td>{issued + 1}</td>" in page


def test_a_worker_of_ours_that_has_ended_makes_the_process_unhealthy_and_a_silent_api_does_not(stage: Stage) -> None:
    forwarder = service(stage, {"sources": {"activities": {"start": "31d", "poll": "100ms"}}}, sinks=("splunk",))
    with running(forwarder) as http:
        until(lambda: len(stage.hec.uids()) > COUNT * 0.9)
        stage.feed.fault("slow", times=None, delay=3600)
        until(lambda: http.get("/readyz").status_code == 503)
        assert http.get("/healthz").status_code == 200
        forwarder._threads.start("send-splunk-9", lambda: None)
        until(lambda: http.get("/healthz").status_code == 503)
        assert "threads.send-splunk-9: has ended" in http.get("/healthz").text


def test_a_revoked_key_turns_red_the_rest_goes_on_and_a_new_key_fixes_it(stage: Stage) -> None:
    key_file = stage.folder / "compliance-key"
    forwarder = service(stage, sinks=("splunk",))
    key_file.write_text("sk-ant-api01-wrong-never-to-be-seen")
    with running(forwarder) as http:
        until(lambda: http.get("/readyz").status_code == 503)
        seen = http.get("/readyz").text + http.get("/metrics").text + http.get("/").text
        assert "sources.activities" in http.get("/readyz").json()["reasons"]
        assert "never-to-be-seen" not in seen
        assert http.get("/healthz").status_code == 200
        until(lambda: len(stage.hec.uids()) == 1)
        key_file.write_text(COMPLIANCE_KEY)
        until(lambda: http.get("/readyz").status_code == 200)
        until(lambda: len(stage.hec.uids()) > COUNT * 0.9)


def test_a_wrong_token_stops_that_sink_only_and_a_new_token_fixes_it(stage: Stage) -> None:
    forwarder = service(stage, sinks=("splunk", "archive"))
    token = stage.folder / "hec-token"
    token.write_text("wrong-token-never-to-be-seen")
    with running(forwarder) as http:
        until(lambda: http.get("/readyz").status_code == 503)
        until(lambda: len(list(archived(stage.folder / "archive"))) > COUNT * 0.9)
        assert list(http.get("/readyz").json()["reasons"]) == ["sinks.splunk.activity"]
        assert "never-to-be-seen" not in http.get("/readyz").text + http.get("/").text
        assert not stage.hec.uids()
        token.write_text(HEC_TOKEN)
        until(lambda: len(stage.hec.uids()) > COUNT * 0.9)
        until(lambda: http.get("/readyz").status_code == 200)
    assert account(stage.feed.issued_ids(), stage.hec.events())[1:] == (0, 0)


def test_what_a_stopped_service_had_not_delivered_is_delivered_by_the_next(stage: Stage) -> None:
    stage.hec.disable_token()
    forwarder = service(stage, sinks=("splunk", "archive"))
    stop = threading.Event()
    assert not forwarder.run_once(stop, lambda steps: stop.set() if steps["archive"][0] > 100 else None)
    assert not stage.hec.uids()
    stage.hec.disable_token(False)
    complete, _ = once(stage, sinks=("splunk", "archive"))
    assert complete
    issued = stage.feed.issued_ids()
    assert account(issued, stage.hec.events())[1:] == (0, 0)
    assert account(issued, archived(stage.folder / "archive"))[1:] == (0, 0)


def test_types_that_are_excluded_are_not_read(stage: Stage) -> None:
    types = {issued["type"] for issued in stage.feed.issued()}
    unwanted = sorted(types)[0]
    sources = {"activities": {"start": "31d", "exclude_types": [unwanted]}}
    forwarder = service(stage, {"sources": sources}, sinks=("splunk",))
    assert forwarder.run_once(threading.Event(), lambda _: None)
    codes = {event["event"]["metadata"]["event_code"] for event in stage.hec.events()}
    assert codes == (types - {unwanted}) | {"forwarder.started", "forwarder.stopped"}


def test_a_source_that_is_switched_off_is_not_asked(stage: Stage) -> None:
    sources = {"activities": {"enabled": False}}
    forwarder = service(stage, {"sources": sources}, sinks=("splunk",))
    assert forwarder.run_once(threading.Event(), lambda _: None)
    assert stage.feed.served() == []
    assert len(stage.hec.events()) == 2


def test_two_forwarders_never_share_a_store(stage: Stage) -> None:
    forwarder = service(stage, sinks=("archive",))
    with running(forwarder), pytest.raises(Misconfigured, match="in use by another forwarder"):
        service(stage, sinks=("archive",))


def test_no_secret_is_in_the_store_or_the_archive(stage: Stage) -> None:
    once(stage)
    for file in stage.folder.rglob("*"):
        if file.is_file() and file.name not in {"hec-token", "client-secret", "compliance-key"}:
            content = file.read_bytes()
            for secret in (HEC_TOKEN, CLIENT_SECRET, COMPLIANCE_KEY):
                assert secret.encode() not in content, file.name
