"""From bodies to committed events: a step of one client, a step of the next, and one commit for all that is ready.

Invariants
    A request is answered only when the inbox has committed its events, all of them or none.
    Clients take turns by steps, whatever the size and number of their requests.
    A fault of ours loses nothing: the client is told to come again.
    Memory is bounded: few large bodies are open at once, and none is opened while many events wait for their commit.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from forwarder.errors import StoreUnavailable
from forwarder.otlp.job import Job
from forwarder.otlp.limits import Limits
from forwarder.otlp.refusal import UNAVAILABLE, Refusal
from forwarder.records import Event

Inbox = Callable[[Sequence[Event]], None]
"""Commits events durably in one transaction. Raises `StoreUnavailable` when it cannot; the client comes again."""

LARGE_AT_ONCE = 2
COMMIT_EVENTS = 4096
"""Events after which a commit takes no further request along."""
_log = structlog.get_logger()
_Waiting = tuple[Job, "asyncio.Future[None]"]


class Digestion:
    """The receiver's two workers. All but the steps and the commits runs in the loop's own thread."""

    def __init__(self, inbox: Inbox, limits: Limits) -> None:
        self._inbox = inbox
        self._limits = limits
        self._turns: dict[str, deque[_Waiting]] = {}
        self._ready: deque[_Waiting] = deque()
        self._ready_bytes = 0
        self._work, self._commits, self._room = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._room.set()
        self._digesting = ThreadPoolExecutor(1, "otlp-digest")
        self._committing = ThreadPoolExecutor(1, "otlp-commit")

    async def take(self, client: str, job: Job) -> None:
        """Returns when the job's events are committed. Raises `Refusal`."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns.setdefault(client, deque()).append((job, done))
        self._work.set()
        try:
            async with asyncio.timeout(self._limits.commit_seconds):
                await done
        except TimeoutError:
            raise self._later(f"not stored within {self._limits.commit_seconds:g} s") from None

    async def run(self) -> None:
        """Until it is cancelled; then returns when a commit that has begun is over."""
        try:
            while True:
                await self._both()
        finally:
            for pool in (self._digesting, self._committing):
                pool.shutdown(cancel_futures=True)

    async def _both(self) -> None:
        """A fault of ours begins them again; whose request it was is told to come again when its time is over."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._digest())
                group.create_task(self._commit())
        except ExceptionGroup:
            _log.exception("the OTLP receiver crashed and begins again")

    async def _digest(self) -> None:
        while True:
            await self._work.wait()
            await self._room.wait()
            client, turn = self._next()
            job, done = turn[0]
            if done.done() or await self._stepped(job, done):
                turn.popleft()
            del self._turns[client]
            if turn:
                self._turns[client] = turn  # behind all others
            if not self._turns:
                self._work.clear()

    def _next(self) -> tuple[str, deque[_Waiting]]:
        """Whose turn it is: the first in line, but for those whose large body has to wait for another's."""
        heads = [(client, turn, turn[0][0]) for client, turn in self._turns.items()]
        crowded = sum(job.large and job.opened for *_, job in heads) >= LARGE_AT_ONCE
        return next((client, turn) for client, turn, job in heads if job.opened or not (job.large and crowded))

    async def _stepped(self, job: Job, done: "asyncio.Future[None]") -> bool:
        """Whether nothing of the job is left to digest."""
        try:
            if not await asyncio.get_running_loop().run_in_executor(self._digesting, job.step):
                return False
        except Refusal as refusal:
            _fail(done, refusal)
            return True
        except Exception:
            _log.exception("an OTLP request could not be digested")
            _fail(done, self._later("a fault of the receiver, see its log"))
            return True
        if job.events:
            self._ready.append((job, done))
            self._make_room(job.size)
            self._commits.set()
        elif not done.done():
            done.set_result(None)
        return True

    async def _commit(self) -> None:
        while True:
            await self._commits.wait()
            together = self._together()
            if not self._ready:
                self._commits.clear()
            if together and not await self._committed(together):
                for one in together:
                    await self._committed([one], last=True)

    def _together(self) -> list[_Waiting]:
        """The requests of one commit: those that still wait for an answer, up to a number of events."""
        taken: list[_Waiting] = []
        events = 0
        while self._ready and events < COMMIT_EVENTS:
            job, done = self._ready.popleft()
            self._make_room(-job.size)
            if not done.done():
                taken.append((job, done))
                events += len(job.events)
        return taken

    def _make_room(self, more: int) -> None:
        """Count the bytes of events that wait, and stop digesting while they are too many."""
        self._ready_bytes += more
        if self._ready_bytes < self._limits.ready_bytes:
            self._room.set()
        else:
            self._room.clear()

    async def _committed(self, together: list[_Waiting], last: bool = False) -> bool:
        """One commit. False for a fault of ours with several, which are then tried one by one."""
        events = [event for job, _ in together for event in job.events]
        failure: Refusal | None = None
        try:
            await asyncio.get_running_loop().run_in_executor(self._committing, self._inbox, events)
        except StoreUnavailable as error:
            failure = self._later(str(error))
        except Exception:
            if len(together) > 1 and not last:
                return False
            _log.exception("events from OTLP could not be committed")
            failure = self._later("a fault of the receiver, see its log")
        for _, done in together:
            if failure:
                _fail(done, failure)
            elif not done.done():
                done.set_result(None)
        return True

    def _later(self, why: str) -> Refusal:
        return Refusal(503, UNAVAILABLE, why, retry_after=self._limits.retry_after)


def _fail(done: "asyncio.Future[None]", why: Exception) -> None:
    if not done.done():
        done.set_exception(why)
