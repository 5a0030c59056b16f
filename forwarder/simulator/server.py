"""What the three local servers share: a background thread, faults, and control endpoints under `/_simulator/`."""

import asyncio
import json
import socket
import ssl
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Self

import orjson

from forwarder.simulator.clock import SimulatedClock
from forwarder.simulator.faults import COMMON, Effect, FaultPlan
from forwarder.simulator.http import HEAD_LIMIT, Answer, Request, converse

Control = Callable[[Any], Any]
"""From the request's JSON body (`None` when empty) to the object of the answer."""

_CONTROL = "/_simulator/"


class Served(NamedTuple):
    """One request that was handled: when, what was asked, and its status or how it ended instead."""

    at_us: int
    method: str
    target: str
    outcome: str


class LocalServer:
    """A server on 127.0.0.1 in a thread of its own; a context manager.

    `port=0` takes a free port. Every request is handled under one lock, which the public methods of the
    subclasses take too, so a test may look and change at any time. `tls` turns `https` on.
    """

    def __init__(
        self, *, port: int = 0, clock: SimulatedClock | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.clock = clock or SimulatedClock()
        self.faults = FaultPlan(self.clock, {**COMMON, **self.effects()})
        self.port = port
        self._tls = tls
        self._lock = threading.RLock()
        self._outcomes: Counter[str] = Counter()
        self._served: deque[Served] = deque(maxlen=10_000)
        self._failures: list[Exception] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end. Over TLS by name, as certificates are checked by name."""
        return f"https://localhost:{self.port}" if self._tls else f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.stop()
        if self._failures and kind is None:
            raise self._failures[0]

    def start(self) -> None:
        """Listen; returns when the port is open. Raises `OSError` when it is taken."""
        started: threading.Event = threading.Event()
        failure: list[OSError] = []
        self._thread = threading.Thread(target=self._run, args=(started, failure), daemon=True)
        self._thread.start()
        started.wait()
        if failure:
            raise failure[0]

    def stop(self) -> None:
        """Close every connection and the port; the state stays readable and `start` may be called again."""
        if self._loop and self._stopping and self._thread:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._thread = None

    def wait_until_read(self, within: float = 60.0) -> None:
        """Return when all that clients which are gone had sent was handled. Raises `TimeoutError`.

        Connections are accepted in the order in which they were made. So when a new one was accepted and closed, every
        earlier one is known here, and it ends when its last byte was handled.
        """
        with socket.create_connection(("127.0.0.1", self.port), within) as last, suppress(ConnectionError):
            last.shutdown(socket.SHUT_WR)
            while last.recv(4096):
                pass
        if self._loop:
            asyncio.run_coroutine_threadsafe(self._until_no_talks(), self._loop).result(within)

    async def _until_no_talks(self) -> None:
        while self._talks:
            await asyncio.wait(self._talks)

    def stats(self) -> dict[str, Any]:
        """Requests so far by status (or how they ended instead), and the faults that were injected."""
        with self._lock:
            return {"requests": dict(self._outcomes), "faults": dict(self.faults.injected)}

    def served(self) -> list[Served]:
        """The newest 10,000 requests, oldest first, control requests left out."""
        with self._lock:
            return list(self._served)

    def fault(self, name: str, **options: Any) -> None:
        """Plan a fault, see `FaultPlan.add`."""
        with self._lock:
            self.faults.add(name, **options)

    def effects(self) -> Mapping[str, Effect]:
        """The server's own faults by name, beside `COMMON`. Called before the subclass is set up."""
        return {}

    def serve(self, request: Request) -> Answer:
        """The normal answer to a request that is not a control request."""
        raise NotImplementedError

    def decorate(self, request: Request, answer: Answer) -> Answer:
        """Adds the headers that each answer of this server has, also a faulty one."""
        return answer

    def controls(self) -> dict[tuple[str, str], Control]:
        """Control endpoints by method and name. Subclasses add theirs."""
        return {
            ("GET", "stats"): lambda _: self.stats(),
            ("GET", "requests"): lambda _: [note._asdict() for note in self._served],
            ("GET", "faults"): lambda _: self.faults.waiting(),
            ("POST", "faults"): self._plan,
            ("DELETE", "faults"): lambda _: self.faults.clear(),
            ("POST", "clock"): self._set_clock,
        }

    def _set_clock(self, body: Any) -> str:
        self.clock.advance(float(body.get("advance", 0.0)))
        if "speed" in body:
            self.clock.run(float(body["speed"]))
        return self.clock.now().isoformat()

    def _plan(self, body: Any) -> None:
        for fault in body if isinstance(body, list) else [body]:
            self.faults.add(**fault)

    def _handle(self, request: Request) -> Answer:
        with self._lock:
            if request.path.startswith(_CONTROL):
                return self._control(request)
            try:
                answer = self.decorate(request, self.faults.answer(request, lambda: self.serve(request)))
            except Exception as failure:  # raised when the `with` of the server ends
                self._failures.append(failure)
                answer = Answer(500, b"the simulator itself failed")
            outcome = str(answer.status) if answer.ending == "whole" else answer.ending
            self._outcomes[outcome] += 1
            self._served.append(Served(self.clock.now_us(), request.method, request.target, outcome))
            return answer

    def _control(self, request: Request) -> Answer:
        control = self.controls().get((request.method, request.path.removeprefix(_CONTROL)))
        if control is None:
            return json_answer(404, {"error": f"no control {request.method} {request.path}"})
        try:
            return json_answer(200, control(orjson.loads(request.body) if request.body else None))
        except (KeyError, TypeError, ValueError) as wrong:
            return json_answer(400, {"error": str(wrong)})

    def _run(self, started: threading.Event, failure: list[OSError]) -> None:
        try:
            asyncio.run(self._listen(started))
        except OSError as taken:
            failure.append(taken)
        finally:
            started.set()

    async def _listen(self, started: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        talks = self._talks

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(converse(reader, writer, self._handle))
            talks[task] = writer
            task.add_done_callback(talks.pop)

        server = await asyncio.start_server(connected, "127.0.0.1", self.port, ssl=self._tls, limit=HEAD_LIMIT)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stopping.wait()
        server.close()
        for task, writer in talks.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*talks, return_exceptions=True)


def json_answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with a JSON body."""
    text = json.dumps(body, separators=(",", ":"))  # not orjson: hostile ids may hold lone surrogates
    return Answer(status, text.encode(), {"content-type": "application/json", **(headers or {})})
