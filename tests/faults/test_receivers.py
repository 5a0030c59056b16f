"""Clients that are set up wrongly or do harm, and surroundings that fail: what the receivers and the status page do."""

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import grpc
import httpx
import pytest

from tests.faults.conftest import Build
from tests.faults.process import free_port
from tests.faults.test_telemetry import JSON, LOGS, TOKEN, Telemetry, delivered
from tests.otlp.test_grpc import EXPORT
from tests.otlp.world import fields, protobuf_logs


@pytest.fixture
def telemetry(build: Build) -> Iterator[Telemetry]:
    """A world whose forwarder receives OTLP by both protocols, and reads nothing."""
    made = Telemetry(build, grpc_listen=f"127.0.0.1:{free_port()}")
    del made.world.settings["anthropic"]
    made.world.settings["sources"]["activities"] = {"enabled": False}
    with made.client:
        yield made


def call(telemetry: Telemetry, body: bytes, token: str = TOKEN) -> None:
    """Export by gRPC. Raises `grpc.RpcError`."""
    with grpc.insecure_channel(telemetry.world.settings["sources"]["otlp"]["grpc_listen"]) as channel:
        export_logs: Callable[..., bytes] = channel.unary_unary(EXPORT)
        export_logs(body, timeout=60, metadata=[("authorization", f"Bearer {token}")])


def test_telemetry_alone_is_received_by_both_protocols_without_any_key(telemetry: Telemetry) -> None:
    forwarder = telemetry.world.start()
    forwarder.until_ready()
    assert telemetry.send("http").status_code == 200
    call(telemetry, protobuf_logs(*[fields(number, **{"session.id": f"grpc-{number}"}) for number in range(20)]))
    telemetry.sent |= {f"grpc-{number}" for number in range(20)}
    assert sorted(delivered(telemetry, forwarder)) == sorted(telemetry.sent)
    assert len(telemetry.sent) == 40
    assert forwarder.stop() == 0
    assert TOKEN not in forwarder.log()
    assert telemetry.world.launch("--once").wait_for_exit() == 0
    checked = [
        sys.executable,
        "-m",
        "forwarder",
        "check",
        "--config",
        str(telemetry.world.stage.folder / "claude-siem.yaml"),
    ]
    done = subprocess.run(checked, capture_output=True, text=True, check=False)
    assert (done.returncode, "(gRPC)" in done.stdout) == (0, True), done.stdout + done.stderr


def test_refused_telemetry_is_counted_and_logged_with_the_fix_and_leaves_the_forwarder_ready(
    telemetry: Telemetry,
) -> None:
    forwarder = telemetry.world.start()
    url = str(telemetry.client.base_url)
    wrong = {"authorization": "Bearer a-wrong-token", **JSON}
    for path, headers, status in ((LOGS, JSON, 401), (LOGS, wrong, 401), ("/v1/nothing", None, 404)):
        answer = (
            telemetry.client.post(path, content=b"{}", headers=headers)
            if headers is None
            else httpx.post(url + path, content=b"{}", headers=headers, trust_env=False)
        )
        assert answer.status_code == status
    with pytest.raises(grpc.RpcError):
        call(telemetry, protobuf_logs(fields()), token="a-wrong-token")
    for reason, number in (("no-token", 1), ("wrong-token", 2), ("path", 1)):
        assert forwarder.metric("forwarder_refused_requests_total", reason=reason) == number
    lines = {line["reason"]: line for line in forwarder.logged("telemetry refused")}
    assert lines.keys() == {"no-token", "wrong-token", "path"}
    assert all(line["client"] == "127.0.0.1" for line in lines.values())
    assert "OTEL_EXPORTER_OTLP_HEADERS" in lines["no-token"]["detail"]
    assert forwarder.red() == {}
    assert "a-wrong-token" not in forwarder.log()


def test_a_token_file_that_is_missing_or_empty_is_503_and_red_until_it_is_there(telemetry: Telemetry) -> None:
    token = telemetry.world.stage.folder / "otlp-token"
    otlp = telemetry.world.settings["sources"]["otlp"]
    del otlp["bearer_token"]
    otlp["bearer_token_file"] = str(token)
    forwarder = telemetry.world.start()
    for content in (None, ""):
        if content is not None:
            token.write_text(content)
        assert "bearer_token" in forwarder.until_red("sources.otlp.bearer_token")
        for _ in range(3):
            answer = telemetry.send("kept")
            assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True)
    token.write_text(TOKEN)
    forwarder.until_ready()
    assert telemetry.send("kept").status_code == 200
    assert sorted(delivered(telemetry, forwarder)) == sorted(telemetry.sent)
    assert "Traceback" not in forwarder.log()
    assert len(forwarder.logged("telemetry cannot be accepted")) <= 2


@pytest.mark.skipif(
    sys.platform != "linux" or 0 < resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 4096,
    reason="the limit of another process can be set on Linux only; the test itself opens 3,300 connections",
)
def test_half_open_connections_take_neither_health_nor_delivery_nor_the_disk(telemetry: Telemetry) -> None:
    """1,100 to each address, of a process that may open 1,024 files."""
    forwarder = telemetry.world.start()
    resource.prlimit(forwarder.pid, resource.RLIMIT_NOFILE, (1024, 1024))
    own = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(own[1], 8192), own[1]))
    settings = telemetry.world.settings
    listening = [settings["status"]["listen"], settings["sources"]["otlp"]["listen"]]
    with ExitStack() as stack:
        for address in (*listening, settings["sources"]["otlp"]["grpc_listen"]):
            host, _, port = address.rpartition(":")
            for _ in range(1100):
                held = stack.enter_context(socket.create_connection((host, int(port)), timeout=30))
                held.sendall(b"P")
        assert forwarder.is_alive()
        assert forwarder.red() == {}
        assert telemetry.send("beside").status_code == 200
        call(telemetry, protobuf_logs(fields(7, **{"session.id": "grpc-beside"})))
        telemetry.sent.add("grpc-beside")
        assert sorted(delivered(telemetry, forwarder)) == sorted(telemetry.sent)
    resource.setrlimit(resource.RLIMIT_NOFILE, own)
    assert forwarder.stop() == 0
    assert len(forwarder.log()) < 20_000


@pytest.mark.parametrize("closed", ["while it runs", "before it starts", "never, but nobody reads"])
def test_standard_output_and_error_that_are_closed_or_never_read_harm_nothing(
    telemetry: Telemetry, closed: str
) -> None:
    world = telemetry.world
    port = free_port()
    world.settings["status"]["listen"] = f"127.0.0.1:{port}"
    command = [sys.executable, "-m", "forwarder", "run", "--config", str(world.stage.write(world.settings))]
    reading, writing = os.pipe()
    if closed == "before it starts":
        command = ["/bin/sh", "-c", 'exec "$@" >&- 2>&-', "sh", *command]
    elif closed == "never, but nobody reads":
        fill(writing)
    process = subprocess.Popen(command, stdout=writing, stderr=writing)
    os.close(writing)
    if closed == "while it runs":
        os.close(reading)
    try:
        base = f"http://127.0.0.1:{port}"
        wait_for(lambda: alive(base))
        for number in range(3):  # each makes a log line: a record that is refused
            assert telemetry.send(f"s{number}").status_code == 200
            refused = telemetry.client.post(LOGS, content=b'{"resourceLogs": [7]}', headers=JSON)
            assert refused.status_code == 200
        assert httpx.post(f"{telemetry.client.base_url}{LOGS}", headers=JSON, trust_env=False).status_code == 401
        wait_for(lambda: set(telemetry.received(world.hec)) >= telemetry.sent)
        assert httpx.get(f"{base}/readyz", trust_env=False).status_code == 200
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        if closed != "while it runs":
            os.close(reading)
    assert sorted(telemetry.received(world.hec)) == sorted(telemetry.sent)


def fill(pipe: int) -> None:
    os.set_blocking(pipe, False)
    with suppress(BlockingIOError):
        while True:
            os.write(pipe, b"x" * 4096)
    os.set_blocking(pipe, True)


def alive(base: str) -> bool:
    try:
        return httpx.get(f"{base}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def wait_for(condition: Callable[[], bool], within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
