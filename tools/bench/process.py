"""One program from start to exit, and what the operating system says it cost."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

FORWARDER = (sys.executable, "-m", "forwarder")


class Spent(NamedTuple):
    """Of one process and the children it waited for."""

    cpu_seconds: float
    """User and system time together."""
    wall_seconds: float
    peak_megabytes: float


class SourceState(NamedTuple):
    """Resident memory in megabytes: now, and the most since exec."""

    resident: float
    peak: float


def spent(command: Sequence[str]) -> Spent:
    """Run `command` to its end. Raises `RuntimeError` when it fails."""
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
    return Spent(usage.ru_utime + usage.ru_stime, time.monotonic() - started, peak)


def start(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Begin `command`."""
    return subprocess.Popen(command)  # noqa: S603 (our own programs)


def memory(pid: int) -> SourceState:
    """What `/proc` says of a process; zeros once it has ended. `ru_maxrss` would count our own memory before exec."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return SourceState(0.0, 0.0)
    said = {name: rest for name, _, rest in (line.partition(":") for line in lines)}
    return SourceState(*(int(said.get(name, "0").split()[0]) / 1024 for name in ("VmRSS", "VmHWM")))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process that runs, in the kernel's ticks of 10 ms."""
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
