"""Loaded by the interpreter of a process whose local clock is wrong: by the seconds that a file holds, at any time."""

import os
import time
from pathlib import Path

_FILE = Path(os.environ["WRONG_CLOCK_FILE"])
_SECONDS, _NANOSECONDS = time.time, time.time_ns


def _wrong_by() -> float:
    return float(_FILE.read_text() or 0)


time.time = lambda: _SECONDS() + _wrong_by()
time.time_ns = lambda: _NANOSECONDS() + round(_wrong_by() * 1e9)
