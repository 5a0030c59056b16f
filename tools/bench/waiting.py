"""Memory with many events waiting: the sink is down while they are collected, then it comes back and they drain.

The process is `claude-siem run`; `/metrics` says how many wait.
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
from tools.bench.material import filled, uids
from tools.bench.process import FORWARDER, SourceState, memory, start
from tools.bench.wire import Wire

_BACKLOG = re.compile(r'^forwarder_backlog_events\{sink="splunk"\} (\S+)$', re.MULTILINE)
_POLL = 0.25
_LONGEST = 300.0


class Waited(NamedTuple):
    """Megabytes of the forwarder's process."""

    events: int
    waiting: SourceState
    """With all of them in the store and the sink down."""
    drained: SourceState
    """After the last was confirmed; its peak is that of the whole run."""
    store_megabytes: float


def measure(events: int) -> Waited:
    """Let `events` wait, then drain them. Raises `RuntimeError` when one is missing or it takes too long."""
    with tempfile.TemporaryDirectory(prefix="claude-siem-bench-") as name:
        folder = Path(name)
        with filled(folder, events) as stage:
            wire = Wire(stage.hec)
            stage.hec.stop()
            url, config = _configured(stage)
            process = start([*FORWARDER, "run", "--config", str(config)])
            try:
                until(lambda: backlog(url) >= events, "collected")
                waiting, size = memory(process.pid), _megabytes(folder)
                stage.hec.start()
                until(lambda: backlog(url) == 0, "drained")
                drained = memory(process.pid)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)
            wire.sent(uids(stage))
            return Waited(events, waiting, drained, size)


def _configured(stage: Stage) -> tuple[str, Path]:
    settings = stage.settings(sinks=["splunk"])
    settings["status"]["listen"] = address = free_address()
    return f"http://{address}/metrics", stage.write(settings)


def free_address() -> str:
    """`HOST:PORT` on loopback where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def backlog(url: str) -> float:
    """Events that wait, by the page `/metrics` at `url`; -1 while nobody answers yet."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 (our own, on loopback)
            found = _BACKLOG.search(answer.read().decode())
    except OSError:
        return -1.0
    return float(found[1]) if found else -1.0


def until(done: Callable[[], bool], what: str) -> None:
    """Wait. Raises `RuntimeError` when it takes too long."""
    deadline = time.monotonic() + _LONGEST
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not {what} within {_LONGEST:.0f} s")
        time.sleep(_POLL)


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.glob("store.db*")) / 1e6
