"""Calls to a SIEM: several at a time, repeated while it is busy, made once where several callers need the result."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import TypeVar

from forwarder.errors import Retry
from forwarder.http_client import backoff

Item = TypeVar("Item")
Result = TypeVar("Result")

BUSY_SECONDS = 90.0
"""How long a busy service is called again."""
FIRST_PAUSE = 0.25
"""Seconds, where the service does not ask for another pause."""

Progress = Callable[[int], None]
"""Receives how many items are done."""


def parallel_map(
    workers: int, call: Callable[[Item], Result], items: Sequence[Item], progress: Progress
) -> Iterator[Result]:
    """The result of `call` for each item, in the order of the items. Raises as `call`."""
    with ThreadPoolExecutor(workers) as pool:
        for number, result in enumerate(pool.map(call, items), start=1):
            progress(number)
            yield result


def called_once(call: Callable[[], Result]) -> Callable[[], Result]:
    """`call` for several threads: its result is kept; where it raises, the next caller calls it again."""
    lock, kept = Lock(), cache(call)

    def result() -> Result:
        with lock:
            return kept()

    return result


class BusyRetries:
    """Repeats a call while the service is busy. After giving up, each call is made once until one succeeds."""

    def __init__(self, seconds: float = BUSY_SECONDS) -> None:
        """`seconds` is how long one call is repeated."""
        self._seconds = seconds
        self._gave_up = False

    def call(self, request: Callable[[], Result]) -> Result:
        """The result of `request`. Raises as `request`, `Retry` only when the time is over."""
        until, failures = time.monotonic() + (0 if self._gave_up else self._seconds), 0
        while True:
            try:
                result = request()
            except Retry as busy:
                failures += 1
                self._gave_up = time.monotonic() > until
                if self._gave_up:
                    raise
                time.sleep(busy.after if busy.after is not None else backoff(FIRST_PAUSE, failures))
            else:
                self._gave_up = False
                return result
