"""CPU time by stage, across threads: each call is timed on its thread's own clock, without what is nested in it."""

import gc
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import wraps
from importlib import import_module
from typing import Any

from tools.bench.seams import GARBAGE, Seam


class Stopwatch:
    """Seconds by stage."""

    def __init__(self) -> None:
        self._spent: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._thread = threading.local()

    def around(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, timed."""

        @wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            outer = self._begin()
            try:
                return function(*arguments, **named)
            finally:
                self._end(stage, outer)

        return timed

    def watch_garbage(self) -> None:
        """Time the garbage collector, which runs inside whatever stage it interrupts."""
        gc.callbacks.append(self._on_garbage)

    def spent(self) -> Mapping[str, float]:
        """Seconds so far, of calls that have returned."""
        with self._lock:
            return dict(self._spent)

    def _begin(self) -> tuple[float, float]:
        nested = getattr(self._thread, "nested", 0.0)
        self._thread.nested = 0.0
        return time.thread_time(), nested

    def _end(self, stage: str, outer: tuple[float, float]) -> None:
        began, nested = outer
        whole = time.thread_time() - began
        with self._lock:
            self._spent[stage] += whole - self._thread.nested
        self._thread.nested = nested + whole

    def _on_garbage(self, phase: str, _: Mapping[str, int]) -> None:
        if phase == "start":
            self._thread.garbage = self._begin()
        else:
            self._end(GARBAGE, self._thread.garbage)


def put(watch: Stopwatch, seam: Seam) -> None:
    """The stopwatch around the seam's function, for all who call it. Raises `AttributeError` when it is not there."""
    owner, name, function = find(seam)
    setattr(owner, name, watch.around(seam.stage, function))


def find(seam: Seam) -> tuple[Any, str, Callable[..., Any]]:
    """The seam's function, and what holds it under which name. Raises `AttributeError` when it is not there."""
    owner: Any = import_module(seam.module)
    *path, name = seam.name.split(".")
    for part in path:
        owner = getattr(owner, part)
    return owner, name, getattr(owner, name)
