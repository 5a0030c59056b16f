"""`claude-siem run` and `claude-siem simulate`, each in a process."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from forwarder import __version__
from forwarder.simulator import COMPLIANCE_KEY, SCENARIOS, SimulatedClock, scenario
from forwarder.simulator.audit import account, archived
from forwarder.simulator.stage import Stage
from tests.cli.commands import SECRETS, claude_siem, clean_environment, command


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A stage with a small scenario."""
    clock = SimulatedClock()
    with Stage(tmp_path, scenario("ordinary-month", now=clock.now(), count=200), clock=clock) as made:
        yield made


def test_once_delivers_everything_up_to_now_and_exits(stage: Stage) -> None:
    issued = set(stage.feed.issued_ids())
    done = claude_siem("run", "--once", "--config", stage.write(stage.settings()))
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert account(issued, stage.hec.events())[1:] == (0, 0)
    assert account(issued, stage.logs.events())[1:] == (0, 0)
    assert account(issued, archived(stage.folder / "archive"))[1:] == (0, 0)


def test_once_exits_with_1_when_there_are_dead_letters(stage: Stage) -> None:
    stage.feed.fault("junk-items", skip=1)
    done = claude_siem("run", "--once", "--config", stage.write(stage.settings(sinks=("archive",))))
    assert done.returncode == 1
    assert account(stage.feed.issued_ids(), archived(stage.folder / "archive")).delivered >= 180


def test_the_service_runs_until_sigterm_and_delivers_its_backlog(stage: Stage) -> None:
    config = stage.write(stage.settings(sinks=("splunk",)))
    with subprocess.Popen(
        command("run", "--config", config), stderr=subprocess.PIPE, text=True, env=clean_environment()
    ) as child:
        deadline = time.monotonic() + 20
        while len(stage.hec.uids()) < 180 and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(signal.SIGTERM)
        _, log = child.communicate(timeout=25)
    assert child.returncode == 0
    codes = [event["event"]["metadata"]["event_code"] for event in stage.hec.events()]
    assert codes.count("forwarder.stopped") == codes.count("forwarder.started") == 1
    assert not any(secret in log for secret in SECRETS)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_failures_are_logged_one_line_per_event_without_secrets(stage: Stage, log_format: str) -> None:
    stage.feed.fault("key-revoked", times=1)
    stage.hec.fault("busy", times=1)
    config = stage.write(stage.settings(sinks=("splunk",)))
    with subprocess.Popen(
        command("run", "--config", config, "--log-format", log_format),
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    ) as child:
        deadline = time.monotonic() + 20
        while not stage.hec.uids() and time.monotonic() < deadline:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, log = child.communicate(timeout=25)
    assert child.returncode == 0
    assert not any(secret in log for secret in SECRETS)
    assert "source refused" in log
    if log_format == "json":
        events = [json.loads(line) for line in log.splitlines()]
        assert {"source refused", "send failed, will be retried"} <= {event["event"] for event in events}
        assert all({"level", "timestamp"} <= event.keys() for event in events)


def test_the_log_of_a_run_begins_with_what_runs_and_ends_with_what_is_left(stage: Stage) -> None:
    stage.hec.fault("busy", times=None)
    stage.feed.fault("junk-items", skip=1)
    settings = stage.settings(sinks=("splunk", "archive"))
    with subprocess.Popen(
        command("run", "--config", stage.write(settings)), stderr=subprocess.PIPE, text=True, env=clean_environment()
    ) as child:
        deadline = time.monotonic() + 60
        while account(stage.feed.issued_ids(), archived(stage.folder / "archive")).delivered < 180:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        child.send_signal(signal.SIGTERM)
        _, log = child.communicate(timeout=60)
    assert child.returncode == 0
    lines = [json.loads(line) for line in log.splitlines()]
    events = [line["event"] for line in lines]
    start, end = lines[0], lines[-1]
    assert (start["event"], start["version"], start["sources"]) == ("starting", __version__, ["activities"])
    assert start["sinks"] == {"splunk": f"splunk at {stage.hec.url}", "archive": f"archive at {stage.folder}/archive"}
    assert start["store"] == settings["store"]["url"]
    assert start["status"].startswith("127.0.0.1:")
    assert {"ready", "send failed, will be retried", "stopping"} <= set(events)
    assert end["event"] == "stopped, events are kept in the store for the next start"
    assert end["waiting"]["splunk"] >= 180
    assert end["waiting"]["archive"] == 0
    refused = [line for line in lines if line["event"] == "refused"]
    assert sum(line["number"] for line in refused) == 7
    assert len(lines) < 30


def test_any_client_can_read_a_simulated_scenario() -> None:
    with subprocess.Popen(
        command("simulate", "--scenario", "attack-keys", "--count", "200", "--seed", "3"),
        stdout=subprocess.PIPE,
        text=True,
        env={**clean_environment(), "PYTHONUNBUFFERED": "1"},
    ) as child:
        assert child.stdout
        line = child.stdout.readline()
        url = line.split(" at ")[1].split(",")[0]
        headers = {"x-api-key": COMPLIANCE_KEY}
        page = httpx.get(f"{url}/v1/compliance/activities", params={"limit": "5000"}, headers=headers).json()
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=10)
    assert child.returncode == 0
    assert len(page["data"]) >= 100
    assert COMPLIANCE_KEY in line


def test_an_unknown_scenario_is_refused_with_the_list_of_scenarios() -> None:
    done = claude_siem("simulate", "--scenario", "quiet-weekend")
    assert done.returncode == 2
    assert all(name in "".join(done.stderr.replace("│", "").split()) for name in SCENARIOS)
