"""Runs a program, and measures its CPU time and memory."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

FORWARDER = (sys.executable, "-m", "forwarder")


class ProcessCost(NamedTuple):
    """The cost of one process and the children it waited for."""

    cpu_seconds: float
    """User and system time."""
    wall_seconds: float
    peak_megabytes: float


class MemoryUsage(NamedTuple):
    """Resident memory in megabytes: current, and peak since exec."""

    resident: float
    peak: float


def run_to_exit(command: Sequence[str]) -> ProcessCost:
    """Run `command` until it exits. Raises `RuntimeError` when it fails."""
    started = time.monotonic()
    process = start(command)
    peak = 0.0
    while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
        peak = max(peak, memory(process.pid).peak)
        time.sleep(0.02)
    _, status, usage = ended
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"exit {process.returncode}: {' '.join(command)}")
    return ProcessCost(usage.ru_utime + usage.ru_stime, time.monotonic() - started, peak)


def start(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start `command`."""
    return subprocess.Popen(command)  # noqa: S603 (constant commands)


def memory(pid: int) -> MemoryUsage:
    """Memory from `/proc`; zeros when the process has ended. `ru_maxrss` would include this process before exec."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return MemoryUsage(0.0, 0.0)
    fields = {name: value for name, _, value in (line.partition(":") for line in lines)}
    return MemoryUsage(*(int(fields.get(name, "0").split()[0]) / 1024 for name in ("VmRSS", "VmHWM")))


def cpu_seconds(pid: int) -> float:
    """User and system time of a running process, with a resolution of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
