"""Telemetry: what a log record costs from an exporter to Splunk, and how long exporters wait for their answer.

The process is `claude-siem run` with the receiver and one sink. The bodies are sessions of Claude Code, a body each, as
the simulator makes them; exporters run in a process of their own.
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
from tools.bench.exporters import EXPORTERS
from tools.bench.material import filled
from tools.bench.process import FORWARDER, SourceState, cpu_seconds, memory, start
from tools.bench.waiting import backlog, free_address, until

__all__ = ["EXPORTERS", "FORMATS", "PACE", "Taken", "measure"]
FORMATS = ("protobuf", "json")
PACE = 4_000
"""Records a second: half of what a CPU should take."""
_HEALTH_EVENTS = 2


class Taken(NamedTuple):
    """What a number of records cost."""

    records: int
    bodies: int
    cpu_seconds: float
    """From the first request until all is delivered; the start is left out."""
    wall_seconds: float
    median_ms: float
    p99_ms: float
    memory: SourceState

    @property
    def rate(self) -> float:
        """Records a CPU-second."""
        return self.records / self.cpu_seconds


def measure(format_: str, records: int, rate: float = 0) -> Taken:
    """Send at least `records`, `rate` a second or as fast as answered. Raises `RuntimeError` when one is lost."""
    with tempfile.TemporaryDirectory(prefix="claude-siem-bench-") as name, filled(Path(name), 0) as stage:
        bodies = Path(name) / "bodies"
        bodies.mkdir()
        sent = _write(bodies, stage, format_, records)
        url, config, port = _configured(stage)
        process = start([*FORWARDER, "run", "--config", str(config)])
        try:
            until(lambda: backlog(url) == 0, "started")
            before, began = cpu_seconds(process.pid), time.monotonic()
            waited = _exported(port, bodies, rate)
            until(lambda: len(stage.hec.uids()) >= sent and backlog(url) == 0, "drained")
            spent, wall = cpu_seconds(process.pid) - before, time.monotonic() - began
            held = memory(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
        _check(stage, sent)
        centiles = statistics.quantiles(waited, n=100)
        return Taken(sent, len(waited), spent, wall, centiles[49], centiles[98], held)


def _write(folder: Path, stage: Stage, format_: str, records: int) -> int:
    """Bodies, numbered, with the number of their records in their name; how many records there are."""
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


def _exported(port: int, folder: Path, rate: float) -> list[float]:
    command = [sys.executable, "-m", "tools.bench.exporters", str(port), str(folder), str(rate)]
    told = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 (our own program)
    waited: list[float] = json.loads(told.stdout)
    return waited


def _check(stage: Stage, sent: int) -> None:
    uids = stage.hec.uids()
    if not sent <= len(uids) <= sent + _HEALTH_EVENTS or any(count > 1 for count in uids.values()):
        raise RuntimeError(f"of {sent} records {len(uids)} events came, {sum(uids.values()) - len(uids)} of them twice")
