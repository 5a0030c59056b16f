"""Which files of the package run in a block, in this thread and in those that begin in it."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import forwarder

PACKAGE = Path(forwarder.__file__).parent
STAND_INS = "simulator"


@contextmanager
def files_passed() -> Iterator[Callable[[], set[str]]]:
    """Within the block, a call gives the files of which a function ran since the call before, by their path.

    Stand-ins do not count, nor does importing a module.
    """
    called: set[str] = set()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call" and frame.f_code.co_name != "<module>":
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
