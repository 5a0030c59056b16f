"""Memory with a large backlog: the sink is down while events are collected, then the backlog is delivered.

The process is `claude-siem run`; the size of the backlog comes from `/metrics`.
"""

import re
import signal
import socket
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from forwarder.simulator.stage import Stage
from tools.bench.dataset import expected_uids, stage_with
from tools.bench.process import FORWARDER, MemoryUsage, memory, start
from tools.bench.traffic import TrafficMeter

_BACKLOG = re.compile(r'^forwarder_backlog_events\{sink="splunk"\} (\S+)$', re.MULTILINE)
_POLL = 0.25
_TIMEOUT = 300.0


class BacklogResult(NamedTuple):
    """Memory of the forwarder process."""

    events: int
    full: MemoryUsage
    """With all events in the store and the sink down."""
    drained: MemoryUsage
    """After the last confirmation; the peak is that of the whole run."""
    store_megabytes: float


def measure(events: int) -> BacklogResult:
    """Collect `events`, then deliver them. Raises `RuntimeError` when one is missing or it takes too long."""
    with tempfile.TemporaryDirectory(prefix="claude-siem-bench-") as name:
        folder = Path(name)
        with stage_with(events, folder) as stage:
            traffic = TrafficMeter(stage.hec)
            stage.hec.stop()
            url, config = _configured(stage)
            process = start([*FORWARDER, "run", "--config", str(config)])
            try:
                until(lambda: backlog_size(url) >= events, "collected")
                full, size = memory(process.pid), _megabytes(folder)
                stage.hec.start()
                until(lambda: backlog_size(url) == 0, "drained")
                drained = memory(process.pid)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)
            traffic.sent(expected_uids(stage))
            return BacklogResult(events, full, drained, size)


def _configured(stage: Stage) -> tuple[str, Path]:
    settings = stage.settings(sinks=["splunk"])
    settings["status"]["listen"] = address = free_address()
    return f"http://{address}/metrics", stage.write(settings)


def free_address() -> str:
    """An unused `HOST:PORT` on loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def backlog_size(url: str) -> float:
    """Events in the backlog, from `/metrics` at `url`; -1 while there is no response yet."""
    try:
        with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 (loopback)
            found = _BACKLOG.search(response.read().decode())
    except OSError:
        return -1.0
    return float(found[1]) if found else -1.0


def until(done: Callable[[], bool], what: str) -> None:
    """Wait until `done`. Raises `RuntimeError` when it takes too long."""
    deadline = time.monotonic() + _TIMEOUT
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not {what} within {_TIMEOUT:.0f} s")
        time.sleep(_POLL)


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.glob("store.db*")) / 1e6
