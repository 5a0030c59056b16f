"""CPU time by stage across threads. Each call is timed on the clock of its thread, without nested stages."""

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
    """CPU seconds by stage."""

    def __init__(self) -> None:
        self._seconds: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._thread = threading.local()

    def wrap(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function` with its time added to `stage`."""

        @wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            outer = self._begin()
            try:
                return function(*arguments, **named)
            finally:
                self._end(stage, outer)

        return timed

    def watch_garbage(self) -> None:
        """Time the garbage collector separately from the stage that it interrupts."""
        gc.callbacks.append(self._on_garbage)

    def seconds(self) -> Mapping[str, float]:
        """Seconds so far, of completed calls."""
        with self._lock:
            return dict(self._seconds)

    def _begin(self) -> tuple[float, float]:
        nested = getattr(self._thread, "nested", 0.0)
        self._thread.nested = 0.0
        return time.thread_time(), nested

    def _end(self, stage: str, outer: tuple[float, float]) -> None:
        started, nested = outer
        total = time.thread_time() - started
        with self._lock:
            self._seconds[stage] += total - self._thread.nested
        self._thread.nested = nested + total

    def _on_garbage(self, phase: str, _: Mapping[str, int]) -> None:
        if phase == "start":
            self._thread.garbage = self._begin()
        else:
            self._end(GARBAGE, self._thread.garbage)


def install(stopwatch: Stopwatch, seam: Seam) -> None:
    """Time the function of `seam` for all its callers. Raises `AttributeError` when it does not exist."""
    owner, name, function = resolve(seam)
    setattr(owner, name, stopwatch.wrap(seam.stage, function))


def resolve(seam: Seam) -> tuple[Any, str, Callable[..., Any]]:
    """The owner, name and function of `seam`. Raises `AttributeError` when it does not exist."""
    owner: Any = import_module(seam.module)
    *path, name = seam.name.split(".")
    for part in path:
        owner = getattr(owner, part)
    return owner, name, getattr(owner, name)
