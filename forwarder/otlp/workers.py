"""The threads of the ingest worker: calls that take time run beside the event loop, and none can stop the process.

Invariants
    A call that does not end costs its own request only: its worker is abandoned, and another takes over.
    Nothing waits for an abandoned worker, neither a request nor the end of the process.
    Time in which the whole process stood still counts for no call.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
_TICKS = 20
"""The looks at a call before it counts as stuck. A process that was suspended looks once when it goes on."""


class WorkerStuck(Exception):
    """A call has not ended in its time."""


class StuckWorkers(NamedTuple):
    """Workers that were abandoned within a call that still runs."""

    number: int
    replaced: bool
    """Whether another has taken over."""


class Worker:
    """A thread that runs one call after the other. A daemon: the process ends without it."""

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    async def run(self, call: Callable[[], T]) -> T:
        """The result of a call, or what it raises."""
        future: Future[T] = Future()
        if not self._thread.is_alive():
            self._thread.start()
        self._calls.put((call, future))
        return await asyncio.wrap_future(future)

    def end(self, within: float = 0.0) -> None:
        """Run no further call; wait for the one that runs for as many seconds."""
        self._calls.put(None)
        if within and self._thread.is_alive():
            self._thread.join(within)

    def _run(self) -> None:
        while waiting := self._calls.get():
            call, future = waiting
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:
                future.set_exception(error)


class WatchedWorker:
    """A worker that is replaced when a call takes longer than `seconds`, as long as no more than `most` are stuck.

    `report` is called in the event loop when their number has changed.
    """

    def __init__(self, name: str, seconds: float, most: int, report: Callable[[StuckWorkers], None]) -> None:
        self._name = name
        self._seconds = seconds
        self._most = most
        self._report = report
        self._stuck = 0
        self._worker = Worker(name)
        self._free = asyncio.Event()
        self._free.set()

    async def run(self, call: Callable[[], T]) -> T:
        """The result of a call, or what it raises. Raises `WorkerStuck` when it takes too long."""
        await self._free.wait()
        worker = self._worker
        running = asyncio.ensure_future(worker.run(call))
        for _ in range(_TICKS):
            await asyncio.wait((running,), timeout=self._seconds / _TICKS)
            if running.done():
                return running.result()
        worker.end()
        running.add_done_callback(self._freed)
        self._replace(self._stuck + 1)
        raise WorkerStuck

    def end(self) -> None:
        """Run no further call, and wait for none."""
        self._worker.end()

    def _replace(self, stuck: int) -> None:
        self._stuck = stuck
        if stuck <= self._most:
            self._worker = Worker(self._name)
            self._free.set()
        else:
            self._free.clear()
        self._report(StuckWorkers(stuck, self._free.is_set()))

    def _freed(self, ended: "asyncio.Future[Any]") -> None:
        """A call that was given up has ended after all."""
        if ended.cancelled():  # with the event loop
            return
        ended.exception()
        if self._free.is_set():
            self._stuck -= 1
            self._report(StuckWorkers(self._stuck, True))
        else:
            self._replace(self._stuck - 1)


async def reported(call: Coroutine[Any, Any, T], seconds: float, late: Callable[[bool], None]) -> T:
    """The result of a call that nothing can replace. `late` is called when it takes longer, and when it has ended."""
    running = asyncio.ensure_future(call)
    await asyncio.wait((running,), timeout=seconds)
    if is_late := not running.done():
        late(True)
    try:
        return await running
    finally:
        if is_late:
            late(False)
