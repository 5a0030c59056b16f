"""Events per CPU-second through the whole chain, measured on the forwarder's process as a user runs it.

The feed and the receiver run in this process; the forwarder in its own, whose CPU time and peak memory the
operating system reports. `--events` activities go from page bytes to confirmed bodies of one sink; a run with
almost none gives the start-up share, which is shown apart.
"""

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from forwarder.simulator import scenario
from forwarder.simulator.stage import Stage


class Run(NamedTuple):
    """One forwarder process from start to exit."""

    events: int
    cpu_seconds: float
    wall_seconds: float
    peak_megabytes: float
    sent_bytes: int


def measure(events: int, sink: str) -> Run:
    """Forward `events` activities to `sink` once. Raises `RuntimeError` when one is missing."""
    with tempfile.TemporaryDirectory(prefix="claude-siem-bench-") as name:
        folder = Path(name)
        issues = scenario("ordinary-month", now=datetime.now(UTC), count=events)
        with Stage(folder, issues, keep_events=False) as stage:
            stage.feed.records_access = False
            settings = stage.settings(sinks=[sink])
            config = stage.write(settings)
            return _run(stage, config, len(stage.feed.issued_ids()), sink)


def _run(stage: Stage, config: Path, issued: int, sink: str) -> Run:
    command = [sys.executable, "-m", "forwarder", "run", "--once", "--no-progress", "--config", str(config)]
    started = time.monotonic()
    process = subprocess.Popen(command)  # noqa: S603 (our own interpreter and module)
    peak = 0.0
    while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
        peak = max(peak, _peak_megabytes(process.pid))
        time.sleep(0.02)
    _, status, usage = ended
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - started
    receiver = stage.hec if sink == "splunk" else stage.logs
    held = receiver.delivered.summary()
    if process.returncode or held["distinct"] < issued:
        raise RuntimeError(f"{sink}: exit {process.returncode}, {held['distinct']} of {issued} events arrived")
    return Run(issued, usage.ru_utime + usage.ru_stime, wall, peak, held["bytes"])


def _peak_megabytes(pid: int) -> float:
    """High-water mark of resident memory since exec; `ru_maxrss` would count this process's before it."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
