"""Which files of the package run in a block, in this thread and in those that begin in it."""

import dis
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import forwarder

PACKAGE = Path(forwarder.__file__).parent
STAND_INS = "simulator"


@contextmanager
def files_passed() -> Iterator[Callable[[], set[str]]]:
    """Within the block, a call gives the files of which a function was called since the call before, by their path.

    Stand-ins do not count, nor does importing a module, nor a coroutine that waited around what was called and goes on.
    """
    called: set[str] = set()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_name != "<module>" and frame.f_lasti <= _start(frame.f_code):
            called.add(frame.f_code.co_filename)

    def passed() -> set[str]:
        paths = [Path(name).relative_to(PACKAGE) for name in called.copy() if name.startswith(f"{PACKAGE}/")]
        called.clear()
        return {str(path) for path in paths if path.parts[0] != STAND_INS}

    before = sys.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield passed
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


@cache
def _start(code: CodeType) -> int:
    """Where a function begins; one that goes on after an `await` or `yield` is behind it."""
    return next(step.offset for step in dis.get_instructions(code) if step.opname == "RESUME" and step.arg == 0)
