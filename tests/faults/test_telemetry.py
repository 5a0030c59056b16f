"""OTLP telemetry: a request answered with 200 is delivered exactly once."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from forwarder.simulator import HecServer
from tests.faults.conftest import Build
from tests.faults.process import Forwarder, free_port
from tests.faults.world import World

TOKEN = "otlp-token-never-shown"
LOGS = "/v1/logs"


class Telemetry:
    """A world whose forwarder receives OTLP, and an OTLP client."""

    def __init__(self, build: Build, **settings: Any) -> None:
        self.world: World = build((), sinks=("splunk", "archive"), feed={"records_access": False})
        self.port = free_port()
        otlp = {"enabled": True, "listen": f"127.0.0.1:{self.port}", "bearer_token": TOKEN, **settings}
        self.world.settings["sources"]["otlp"] = otlp
        self.sent: set[str] = set()
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"authorization": f"Bearer {TOKEN}"},
            trust_env=False,
            timeout=60.0,
        )

    def send(self, name: str, records: int = 20, **attributes: str) -> httpx.Response:
        """Send one export request. Records it when the response is 200."""
        answer = self.client.post(LOGS, content=export(name, records, **attributes), headers=JSON)
        if answer.status_code == 200:
            self.sent |= {f"{name}-{number}" for number in range(records)}
        return answer

    def received(self, hec: HecServer) -> list[str]:
        """The session ids of the agent events that Splunk has received."""
        agent = [e["event"] for e in hec.events() if e["index"] == "claude_agent"]
        return [event["actor"]["session"]["uid"] for event in agent]


JSON = {"content-type": "application/json"}


def export(name: str, records: int, **attributes: str) -> bytes:
    """A request body with `records` tool results, each with its own session id."""
    rows = [
        {
            "timeUnixNano": str(1_780_000_000_000_000_000 + number),
            "body": {"stringValue": "claude_code.tool_result"},
            "attributes": [
                {"key": key, "value": {"stringValue": value}}
                for key, value in {
                    "event.name": "tool_result",
                    "event.sequence": str(number),
                    "session.id": f"{name}-{number}",
                    "user.email": "ada@example.com",
                    "tool_name": "Bash",
                    "success": "true",
                    **attributes,
                }.items()
            ],
        }
        for number in range(records)
    ]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "claude-code"}}]}
    logs = {"scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": rows}
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [logs]}]}).encode()


@pytest.fixture
def telemetry(build: Build) -> Iterator[Telemetry]:
    """A world whose forwarder receives OTLP."""
    telemetry = Telemetry(build)
    with telemetry.client:
        yield telemetry


def delivered(telemetry: Telemetry, forwarder: Forwarder) -> list[str]:
    """The session ids that Splunk has received, when all that were sent have arrived."""
    hec = telemetry.world.hec
    forwarder.until("everything is delivered", lambda: set(telemetry.received(hec)) >= telemetry.sent)
    return telemetry.received(hec)


def test_accepted_records_are_delivered_once_to_the_agent_index(telemetry: Telemetry) -> None:
    forwarder = telemetry.world.start()
    for number in range(5):
        assert telemetry.send(f"s{number}").status_code == 200
    received = delivered(telemetry, forwarder)
    assert sorted(received) == sorted(telemetry.sent)
    assert forwarder.metric("forwarder_read_records_total", source="otlp") == 100
    assert forwarder.stop() == 0
    assert TOKEN not in forwarder.log()


def test_a_kill_after_the_response_loses_nothing(telemetry: Telemetry) -> None:
    telemetry.world.hec.fault("busy", times=None)
    for kill in range(3):
        forwarder = telemetry.world.start()
        for number in range(3):
            telemetry.send(f"kill{kill}-{number}")
        forwarder.kill()
    telemetry.world.hec.faults.clear()
    forwarder = telemetry.world.start()
    assert sorted(delivered(telemetry, forwarder)) == sorted(telemetry.sent)
    assert len(telemetry.sent) == 180


def test_a_full_store_answers_503_with_retry_after_and_accepts_everything_later(build: Build) -> None:
    telemetry = Telemetry(build, mode="full")
    telemetry.world.settings["store"]["max_bytes"] = "40KB"
    telemetry.world.hec.fault("busy", times=None)
    forwarder = telemetry.world.start()
    answers = []
    for number in range(60):
        answers.append(telemetry.send(f"s{number}", 100))
        if answers[-1].status_code != 200:
            break
    assert answers[-1].status_code == 503
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "full" in forwarder.until_red("store")
    telemetry.world.hec.faults.clear()
    forwarder.until("requests are accepted again", lambda: telemetry.send("after").status_code == 200)
    assert sorted(delivered(telemetry, forwarder)) == sorted(telemetry.sent)
    telemetry.client.close()


def test_content_is_neither_stored_nor_delivered_by_default(telemetry: Telemetry) -> None:
    forwarder = telemetry.world.start()
    telemetry.send("content", 1, prompt="very-secret-plan", tool_parameters='{"full_command": "rm very-secret-plan"}')
    delivered(telemetry, forwarder)
    assert "very-secret-plan" not in json.dumps(telemetry.world.hec.events())
    assert b"very-secret-plan" not in telemetry.world.store.read_bytes()


def test_a_wrong_clock_and_a_wrong_byte_cost_no_record_its_delivery(telemetry: Telemetry) -> None:
    forwarder = telemetry.world.start()
    body = export("wrong", 3, note="BAD").replace(b"BAD", b"\xff", 1).replace(b"1780000000", b"4780000000", 1)
    assert telemetry.client.post(LOGS, content=body, headers=JSON).json() == {}
    telemetry.sent |= {f"wrong-{number}" for number in range(3)}
    assert sorted(delivered(telemetry, forwarder)) == sorted(telemetry.sent)
    events = [e["event"] for e in telemetry.world.hec.events() if e["index"] == "claude_agent"]
    assert {event["unmapped"]["note"] for event in events} == {"BAD", "\ufffd"}
    (ahead,) = (e for e in events if e["metadata"].get("original_time", "").startswith("2121"))
    assert ahead["time"] == ahead["metadata"]["logged_time"]
    assert forwarder.stop() == 0


def test_small_requests_that_are_much_work_stop_neither_telemetry_nor_the_process(telemetry: Telemetry) -> None:
    forwarder = telemetry.world.start()
    pair = {"key": "k", "value": {"stringValue": "x"}}
    repeated = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"attributes": [pair] * 10_000}]}]}]}
    assert telemetry.client.post(LOGS, json=repeated).status_code == 200
    members = gzip.compress(b"") * 400_000
    assert telemetry.client.post(LOGS, content=members, headers={**JSON, "content-encoding": "gzip"}).status_code == 400
    resource = {"attributes": [{**pair, "key": f"k{number}"} for number in range(5000)]}
    multiplied = {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [{}] * 5000}]}]}
    assert telemetry.client.post(LOGS, json=multiplied).status_code == 413
    assert telemetry.send("after").status_code == 200
    forwarder.until("all is delivered", lambda: len(telemetry.world.hec.events()) >= 21)
    assert forwarder.stop() == 0


def test_a_request_that_is_never_decoded_stops_neither_telemetry_nor_the_process(telemetry: Telemetry) -> None:
    telemetry.world.environment["PYTHONPATH"] = str(Path(__file__).with_name("stuck_decoder"))
    forwarder = telemetry.world.start()
    stuck = telemetry.client.post(LOGS, content=b'{"never-ends": "\xff"}', headers=JSON)
    assert stuck.status_code == 400
    assert "another has taken over" in forwarder.until_red("threads.otlp-decode")
    assert telemetry.send("after").status_code == 200
    assert sorted(delivered(telemetry, forwarder)) == sorted(telemetry.sent)
    status, text = forwarder.health()
    assert (status, "threads.otlp-decode" in text) == (200, True)
    assert [line["client"] for line in forwarder.logged("an OTLP request is not decoded to its end")] == ["127.0.0.1"]
    assert forwarder.stop() == 0


def test_requests_without_the_token_are_refused(telemetry: Telemetry) -> None:
    forwarder = telemetry.world.start()
    answer = httpx.post(f"{telemetry.client.base_url}{LOGS}", content=export("x", 1), headers=JSON, trust_env=False)
    assert answer.status_code == 401
    assert telemetry.send("y").status_code == 200
    assert sorted(delivered(telemetry, forwarder)) == sorted(telemetry.sent)
