"""Telemetry: the cost of a log record from an exporter to Splunk, and the response times of the receiver.

The process is `claude-siem run` with the OTLP receiver and one sink. Each body is a simulated session of Claude Code;
the exporters run in a separate process.
"""

import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from forwarder.simulator import agents, company
from forwarder.simulator.clock import HOUR
from forwarder.simulator.stage import Stage
from tools.bench.backlog import backlog_size, free_address, until
from tools.bench.dataset import stage_with
from tools.bench.exporters import EXPORTERS
from tools.bench.process import FORWARDER, MemoryUsage, cpu_seconds, memory, start

__all__ = ["EXPORTERS", "FORMATS", "PACE", "TelemetryResult", "measure"]
FORMATS = ("protobuf", "json")
PACE = 4_000
"""Records per second: half of the goal per CPU second."""
_HEALTH_EVENTS = 2


class TelemetryResult(NamedTuple):
    """The cost of a number of records."""

    records: int
    bodies: int
    cpu_seconds: float
    """From the first request until everything is delivered, without the startup."""
    wall_seconds: float
    median_ms: float
    p99_ms: float
    memory: MemoryUsage

    @property
    def rate(self) -> float:
        """Records per CPU second."""
        return self.records / self.cpu_seconds


def measure(format_: str, records: int, rate: float = 0) -> TelemetryResult:
    """Send at least `records` at `rate` per second (0: as fast as answered). Raises `RuntimeError` when one is lost."""
    with tempfile.TemporaryDirectory(prefix="claude-siem-bench-") as name, stage_with(0, Path(name)) as stage:
        bodies = Path(name) / "bodies"
        bodies.mkdir()
        sent = _write(bodies, stage, format_, records)
        url, config, port = _configured(stage)
        process = start([*FORWARDER, "run", "--config", str(config)])
        try:
            until(lambda: backlog_size(url) == 0, "started")
            cpu_before, started = cpu_seconds(process.pid), time.monotonic()
            latencies = _export(port, bodies, rate)
            until(lambda: len(stage.hec.uids()) >= sent and backlog_size(url) == 0, "drained")
            cpu, wall = cpu_seconds(process.pid) - cpu_before, time.monotonic() - started
            usage = memory(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
        _check(stage, sent)
        percentiles = statistics.quantiles(latencies, n=100)
        return TelemetryResult(sent, len(latencies), cpu, wall, percentiles[49], percentiles[98], usage)


def _write(folder: Path, stage: Stage, format_: str, records: int) -> int:
    """Write numbered bodies with their number of records in the file name; returns the total number of records."""
    organization, now_us = company(clock=stage.clock), stage.clock.now_us()
    seed = written = number = 0
    while written < records:
        seed += 1
        for body in agents.exports(organization, now_us - seed * HOUR, seed):
            count = len(json.loads(body)["resourceLogs"][0]["scopeLogs"][0]["logRecords"])
            data = body if format_ == "json" else _protobuf(body)
            (folder / f"{number:06}-{count}.{format_}").write_bytes(data)
            number, written = number + 1, written + count
    return written


def _protobuf(body: bytes) -> bytes:
    encoded: bytes = json_format.Parse(body, ExportLogsServiceRequest()).SerializeToString()
    return encoded


def _configured(stage: Stage) -> tuple[str, Path, int]:
    settings = stage.settings(sinks=["splunk"])
    settings["sources"]["activities"]["enabled"] = False
    settings["status"]["listen"] = status = free_address()
    settings["sources"]["otlp"] = {"enabled": True, "listen": (address := free_address())}
    return f"http://{status}/metrics", stage.write(settings), int(address.rpartition(":")[2])


def _export(port: int, folder: Path, rate: float) -> list[float]:
    command = [sys.executable, "-m", "tools.bench.exporters", str(port), str(folder), str(rate)]
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 (constant command)
    latencies: list[float] = json.loads(done.stdout)
    return latencies


def _check(stage: Stage, sent: int) -> None:
    uids = stage.hec.uids()
    if not sent <= len(uids) <= sent + _HEALTH_EVENTS or any(count > 1 for count in uids.values()):
        duplicates = sum(uids.values()) - len(uids)
        raise RuntimeError(f"{sent} records sent, {len(uids)} events received, {duplicates} duplicates")
