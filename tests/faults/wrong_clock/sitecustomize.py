"""Loaded at interpreter start: makes the local clock wrong by the seconds in a file, which may change at any time."""

import os
import time

_FILE = os.open(os.environ["WRONG_CLOCK_FILE"], os.O_RDONLY)  # stays open: the test may take all descriptors away
_SECONDS, _NANOSECONDS = time.time, time.time_ns


def _offset() -> float:
    return float(os.pread(_FILE, 64, 0))


time.time = lambda: _SECONDS() + _offset()
time.time_ns = lambda: _NANOSECONDS() + round(_offset() * 1e9)
