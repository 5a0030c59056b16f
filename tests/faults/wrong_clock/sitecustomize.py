"""Loaded at interpreter start: makes the local clock wrong by the seconds in a file, which may change at any time."""

import os
import time
from pathlib import Path

_FILE = Path(os.environ["WRONG_CLOCK_FILE"])
_SECONDS, _NANOSECONDS = time.time, time.time_ns


def _offset() -> float:
    return float(_FILE.read_text() or 0)


time.time = lambda: _SECONDS() + _offset()
time.time_ns = lambda: _NANOSECONDS() + round(_offset() * 1e9)
