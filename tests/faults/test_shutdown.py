"""SIGTERM, SIGINT, SIGHUP: what waits is delivered within the grace period, the rest stays; nothing delays the end."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from tests.faults.conftest import Build
from tests.faults.process import Forwarder, free_port
from tests.faults.rows import month
from tests.faults.test_progress import HANGS
from tests.faults.test_sink_outages import BACKLOG
from tests.faults.world import World

GRACE = 20.0


def test_sigterm_delivers_the_backlog_and_exits_0(build: Build) -> None:
    world = build(month(3000))
    world.hec.fault("slow", times=None, delay=0.2)
    forwarder = world.start()
    forwarder.until("there is a backlog", lambda: forwarder.metric(BACKLOG, sink="splunk") > 500)
    started = time.monotonic()
    assert forwarder.stop(within=GRACE + 5) == 0
    assert time.monotonic() - started <= GRACE
    assert world.query("SELECT count(*) FROM delivery") == [(0,)]
    world.hec.faults.clear()
    world.assert_delivered(world.start())


def test_sigterm_during_an_outage_exits_0_within_the_grace_period_and_loses_nothing(build: Build) -> None:
    world = build(month(1500))
    world.hec.fault("busy", times=None)
    world.logs.fault("unavailable", times=None, path="/dataCollectionRules/")
    forwarder = world.start()
    forwarder.until("there is a backlog", lambda: forwarder.metric(BACKLOG, sink="splunk") >= 1500)
    assert forwarder.stop(within=GRACE + 10) == 0
    world.hec.faults.clear()
    world.logs.faults.clear()
    world.assert_delivered(world.start())


def test_sigterm_stops_quickly_while_a_source_waits_for_a_new_key(build: Build) -> None:
    world = build(month(600))
    world.write_secret("compliance-key", "sk-ant-api01-revoked")
    forwarder = world.start()
    forwarder.until_red("sources.activities")
    assert forwarder.stop(within=GRACE) == 0


def _stop(forwarder: Forwarder, number: int = signal.SIGTERM) -> None:
    """Exit 0 within the grace period."""
    started = time.monotonic()
    os.kill(forwarder.pid, number)
    assert forwarder.wait_for_exit(within=2 * GRACE) == 0
    assert time.monotonic() - started <= GRACE


def _half_a_request(port: int) -> socket.socket:
    """An export request of which one byte of the body has come."""
    head = b"POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(head)
    return client


def _with_everything_hanging(world: World) -> tuple[Forwarder, socket.socket]:
    """The API and every destination take requests and do not answer, and an exporter does not end its request."""
    port = free_port()
    world.settings["sources"]["otlp"] = {"enabled": True, "listen": f"127.0.0.1:{port}"}
    for server in (world.hec, world.logs):
        server.fault("slow", times=None, delay=HANGS)
    world.feed.fault("slow", times=None, skip=20, delay=HANGS)
    forwarder = world.start()
    forwarder.until("there is a backlog", lambda: forwarder.metric(BACKLOG, sink="splunk") > 50)
    forwarder.until("every sink is asked", lambda: world.hec.served() and world.logs.served())
    return forwarder, _half_a_request(port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_process_within_the_grace_period_with_everything_hanging(build: Build, number: int) -> None:
    world = build(month(600))
    forwarder, request = _with_everything_hanging(world)
    with request:
        _stop(forwarder, number)
    world.note_ended()
    for server in (world.feed, world.hec, world.logs):
        server.faults.clear()
    world.assert_delivered(world.start())


def test_a_disk_that_never_answers_does_not_keep_the_process_from_its_end(build: Build) -> None:
    """A pipe without a writer stands where the head of the archive is read: to open it never returns."""
    world = build(month(600), sinks=("splunk", "archive"))
    forwarder = world.start()
    issued = world.feed.issued_ids()
    forwarder.until("splunk has received everything", lambda: world.has_received("splunk", issued))
    forwarder.until("the archive too", lambda: forwarder.metric(BACKLOG, sink="archive") == 0)
    world.kill(forwarder)
    head = Path(world.settings["sinks"]["archive"]["path"]) / "head.json"
    content = head.read_bytes()
    head.unlink()
    os.mkfifo(head)
    forwarder = world.launch()
    time.sleep(3)
    _stop(forwarder)
    world.note_ended()
    head.unlink()
    head.write_bytes(content)
    world.assert_delivered(world.start())


@pytest.mark.skipif(sys.platform != "linux", reason="which signals a process catches can be seen on Linux only")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_program_is_still_imported_ends_it_with_exit_0(build: Build, number: int) -> None:
    world = build(month(300), sinks=("archive",))
    forwarder = world.launch()
    while not _catches(forwarder.pid, number):
        time.sleep(0.001)
    os.kill(forwarder.pid, number)
    assert forwarder.wait_for_exit() == 0
    assert "Traceback" not in forwarder.log()
    assert not world.store.exists(), "the signal came too late to prove anything"


def _catches(pid: int, number: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(caught >> (number - 1) & 1)


@pytest.mark.parametrize("seconds", [0.3, 0.6, 1.0, 2.0])
def test_a_signal_at_any_time_of_the_start_ends_it_with_exit_0(build: Build, seconds: float) -> None:
    world = build(month(300))
    forwarder = world.launch()
    while not _catches(forwarder.pid, signal.SIGTERM):
        time.sleep(0.001)
    time.sleep(seconds)
    _stop(forwarder)
    world.note_ended()
    world.assert_delivered(world.start())
