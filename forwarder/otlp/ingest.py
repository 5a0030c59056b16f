"""From bodies to committed events: a step of one client, a step of the next, and one commit for all that is ready.

Invariants
    A request is answered only when its events are committed, all of them or none.
    Clients take turns by steps, whatever the size and number of their requests.
    A fault of ours loses nothing: the client is asked to send again.
    Memory is bounded: few large bodies are open at once, none is opened while many events wait for their commit, and
    none is decompressed beyond what the limits allow.
    Work is bounded: each request has a budget, and a step that does not end costs its own request only.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice

import structlog

from forwarder.errors import Reject, StoreUnavailable
from forwarder.gzip import DamagedStream, TooLarge, read_deflate, read_gzip
from forwarder.http_server import HttpError
from forwarder.ocsf.agent import Telemetry, events_of
from forwarder.otlp import json_decoder, protobuf_decoder
from forwarder.otlp.limits import OtlpLimits
from forwarder.otlp.protocol import Format, Signal, malformed
from forwarder.otlp.workers import StuckWorkers, WatchedWorker, Worker, WorkerStuck, reported
from forwarder.privacy import Mode
from forwarder.records import Event, Receipt

Commit = Callable[[Sequence[Event]], None]
"""Commits events durably in one transaction. Raises `StoreUnavailable` when it cannot; the client sends again."""

RECORDS_A_STEP = 256
EVENT_BYTES_A_STEP = 1024 * 1024
LARGE_BYTES = 16 * 1024
"""Of a body; beyond it, it counts as large."""
LARGE_AT_ONCE = 2
OPEN_BYTES = 128 * 1024 * 1024
"""Of bodies that are open, decompressed, and of their events; beyond it no further one is opened."""
COMMIT_EVENTS = 4096
"""Events after which a commit takes no further request along."""
_DECODERS: dict[Format, Callable[[Signal, bytes, int], Iterator[Telemetry | Reject]]] = {
    "protobuf": protobuf_decoder.decode,
    "json": json_decoder.decode,
}
_READERS = {"gzip": read_gzip, "x-gzip": read_gzip, "deflate": read_deflate}
"""By Content-Encoding."""
_FREE_BYTES = 1024 * 1024
"""What a body may always grow to."""
_LAST_COMMIT_SECONDS = 10.0
"""For which the end waits for a commit that has begun."""
_log = structlog.get_logger()
_Waiting = tuple["DecodeTask", "asyncio.Future[None]"]


class DecodeTask:
    """A body on its way to events, in short steps, so that a long one never makes others wait for all of it."""

    def __init__(
        self,
        signal: Signal,
        format_: Format,
        encoding: str,
        body: bytes,
        receipt: Receipt,
        mode: Mode,
        limits: OtlpLimits,
    ) -> None:
        self.events: list[Event] = []
        self.rejected = 0
        self.reasons: tuple[str, ...] = ()
        self.size = 0
        """Bytes of its events so far."""
        self.large = len(body) > LARGE_BYTES
        self.opened = False
        """Whether it has begun, and so holds its body decompressed."""
        self._signal = signal
        self._format: Format = format_
        self._encoding = encoding
        self._body = body
        self._receipt = receipt
        self._mode: Mode = mode
        self._limits = limits
        self._records: Iterator[Telemetry | Reject] = iter(())
        self._body_size = 0

    def step(self) -> bool:
        """First decompress and parse, then make events of some of the records. True when all is done.

        Raises `HttpError` for a body that is refused.
        """
        if not self.opened:
            self._open()
        records = islice(self._records, RECORDS_A_STEP)
        events, size, rejected, reasons = events_of(records, self._receipt, self._mode, EVENT_BYTES_A_STEP)
        self.events += events
        self.size += size
        self.rejected += rejected
        self.reasons = self.reasons or reasons
        if len(self.events) + self.rejected > self._limits.records:
            raise HttpError(413, f"the request holds more than {self._limits.records} records")
        if self.size > self._limits.event_bytes:
            raise HttpError(
                413,
                f"the events of the request are larger than {self._limits.event_bytes} bytes; send fewer records at "
                f"once, or shorter resource attributes, which each event holds",
            )
        return len(events) + rejected < RECORDS_A_STEP and size < EVENT_BYTES_A_STEP

    @property
    def held(self) -> int:
        """Bytes of its body and events in memory, once it has begun."""
        return self._body_size + self.size if self.opened else 0

    def _open(self) -> None:
        body = _decompress(self._body, self._encoding, self._limits)
        self._body, self._body_size = b"", len(body)
        self._records = _DECODERS[self._format](self._signal, body, self._limits.values)
        self.opened = True


class IngestWorker:
    """Decodes in one thread and commits in another. All else runs in the event loop's own thread.

    `stuck` is called when the number of decoding threads that do not end has changed, `late` when a commit takes longer
    than a request waits for it, and when it has ended.
    """

    def __init__(
        self,
        commit: Commit,
        limits: OtlpLimits,
        stuck: Callable[[StuckWorkers], None],
        late: Callable[[bool], None],
    ) -> None:
        self._commit = commit
        self._late = late
        self._limits = limits
        self._turns: dict[str, deque[_Waiting]] = {}
        self._ready: deque[_Waiting] = deque()
        self._ready_bytes = 0
        self._work, self._commits, self._room = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._room.set()
        self._decoding = WatchedWorker("otlp-decode", limits.step_seconds, limits.abandoned, stuck)
        self._committing = Worker("otlp-commit")

    async def ingest(self, client: str, task: DecodeTask) -> None:
        """Returns when the task's events are committed. Raises `HttpError`."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns.setdefault(client, deque()).append((task, done))
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
                await self._decode_and_commit()
        finally:
            self._decoding.end()
            self._committing.end(_LAST_COMMIT_SECONDS)

    async def _decode_and_commit(self) -> None:
        """A fault of ours starts both again; the request it happened to is answered 503 when its time is over."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._decode())
                group.create_task(self._commit_ready())
        except ExceptionGroup:
            _log.exception("the OTLP receiver crashed and starts again")

    async def _decode(self) -> None:
        while True:
            await self._work.wait()
            await self._room.wait()
            client, turn = self._next()
            task, done = turn[0]
            if done.done() or await self._stepped(client, task, done):
                turn.popleft()
            del self._turns[client]
            if turn:
                self._turns[client] = turn  # behind all others
            if not self._turns:
                self._work.clear()

    def _next(self) -> tuple[str, deque[_Waiting]]:
        """Whose turn it is: the first in line, except those whose body has to wait until others are done."""
        heads = [(client, turn, turn[0][0]) for client, turn in self._turns.items()]
        crowded = sum(task.large and task.opened for *_, task in heads) >= LARGE_AT_ONCE
        full = sum(task.held for *_, task in heads) >= OPEN_BYTES
        return next((c, turn) for c, turn, task in heads if task.opened or not (full or (task.large and crowded)))

    async def _stepped(self, client: str, task: DecodeTask, done: "asyncio.Future[None]") -> bool:
        """Whether nothing of the task is left to decode."""
        try:
            if not await self._decoding.run(task.step):
                return False
        except HttpError as error:
            _fail(done, error)
            return True
        except WorkerStuck:
            _log.error("an OTLP request is not decoded to its end", client=client, seconds=self._limits.step_seconds)
            _fail(done, malformed(f"not decoded within {self._limits.step_seconds:g} s; do not send it again"))
            return True
        except Exception:
            _log.exception("an OTLP request could not be decoded")
            _fail(done, self._later("a fault of the receiver, see its log"))
            return True
        if task.events:
            self._ready.append((task, done))
            self._make_room(task.size)
            self._commits.set()
        elif not done.done():
            done.set_result(None)
        return True

    async def _commit_ready(self) -> None:
        while True:
            await self._commits.wait()
            batch = self._batch()
            if not self._ready:
                self._commits.clear()
            if batch and not await self._committed(batch):
                for one in batch:
                    await self._committed([one], last=True)

    def _batch(self) -> list[_Waiting]:
        """The requests of one commit: those that still wait for an answer, up to a number of events."""
        batch: list[_Waiting] = []
        events = 0
        while self._ready and events < COMMIT_EVENTS:
            task, done = self._ready.popleft()
            self._make_room(-task.size)
            if not done.done():
                batch.append((task, done))
                events += len(task.events)
        return batch

    def _make_room(self, more: int) -> None:
        """Count the bytes of events that wait, and stop decoding while they are too many."""
        self._ready_bytes += more
        if self._ready_bytes < self._limits.ready_bytes:
            self._room.set()
        else:
            self._room.clear()

    async def _committed(self, batch: list[_Waiting], last: bool = False) -> bool:
        """One commit. False for a fault of ours with several requests, which are then tried one by one."""
        events = [event for task, _ in batch for event in task.events]
        failure: HttpError | None = None
        try:
            await reported(self._committing.run(partial(self._commit, events)), self._limits.commit_seconds, self._late)
        except StoreUnavailable as error:
            failure = self._later(str(error))
        except Exception:
            if len(batch) > 1 and not last:
                return False
            _log.exception("events from OTLP could not be committed")
            failure = self._later("a fault of the receiver, see its log")
        for _, done in batch:
            if failure:
                _fail(done, failure)
            elif not done.done():
                done.set_result(None)
        return True

    def _later(self, why: str) -> HttpError:
        return HttpError(503, why, retry_after=self._limits.retry_after)


def _fail(done: "asyncio.Future[None]", why: Exception) -> None:
    if not done.done():
        done.set_exception(why)


def _decompress(body: bytes, encoding: str, limits: OtlpLimits) -> bytes:
    """Raises `HttpError`: 415 unknown encoding, 400 damaged, 413 too large or a compression bomb."""
    if encoding in ("", "identity"):
        return body
    if encoding not in _READERS:
        raise HttpError(415, f"Content-Encoding {encoding[:64]!r} is not one of identity, gzip, deflate")
    most = min(limits.decompressed_bytes, max(_FREE_BYTES, limits.ratio * len(body)))
    try:
        return _READERS[encoding](body, most)
    except DamagedStream as error:
        raise malformed(f"the body is no {encoding}: {error}") from None
    except TooLarge:
        raise HttpError(413, f"the body decompresses to more than {most} bytes") from None
