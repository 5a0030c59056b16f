"""How much work a call is, counted instead of timed: the same on every machine, however busy.

Work is the number of lines of the package that run, and of calls of functions beneath it, such as the standard
library's. What one such function does inside is not seen; each is linear in what it is given, once.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import forwarder

PACKAGE = str(Path(forwarder.__file__).parent)


def work_of(call: Callable[[], Any]) -> int:
    """The work of a call. What it raises is raised."""
    count = 0

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return line

    def entered(frame: FrameType, event: str, argument: Any) -> Any:
        return line if frame.f_code.co_filename.startswith(PACKAGE) else None

    def called(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    traced, profiled = sys.gettrace(), sys.getprofile()
    sys.settrace(entered)
    sys.setprofile(called)
    try:
        call()
    finally:
        sys.setprofile(profiled)
        sys.settrace(traced)
    return count


def growth(work: Callable[[int], int], size: int) -> float:
    """How much faster than the size the work grows, from twice the size on: 1 where it is linear, 2 where quadratic."""
    small, middle, large = (work(factor * size) for factor in (1, 2, 4))
    return (large - middle) / max(middle - small, 1) / 2
