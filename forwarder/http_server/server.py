"""The server: accepts connections, admits and routes requests, calls their handlers, stops without cutting one off.

Invariant: what one client holds leaves room for others; beyond a limit the response is 429 with `Retry-After`.
"""

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog

from forwarder.http_server.connection import Connection, ConnectionEnded
from forwarder.http_server.messages import HttpError, HttpRequest, HttpResponse, Route, text_error
from forwarder.http_server.options import HttpLimits, Tls, listening_socket

_REFUSED_AT_ONCE = 64
"""Connections beyond the limit that are answered 429; further ones are closed unanswered."""
_ACCEPT_PAUSE = 0.5
"""Seconds, where no connection can be accepted."""
_CLOSING_SECONDS = 1.0
"""For what is left after the grace period of a stop."""
_DEFAULT_LIMITS = HttpLimits()
_log = structlog.get_logger()


class HttpServer:
    """Listens from construction, responds from `start`, in a thread of its own. Raises `Misconfigured`.

    `setting` names the configuration key of the address. `authorize` raises `HttpError` for a request that is refused
    before it is routed. `error_response` gives the body of an error; the request is `None` where none was read.
    `responded` is called with each request's path, if it is a route, and the status. `background` runs beside the
    requests until the last one has its response.
    """

    def __init__(
        self,
        setting: str,
        listen: tuple[str, int],
        routes: Mapping[str, Route],
        *,
        limits: HttpLimits = _DEFAULT_LIMITS,
        tls: Tls | None = None,
        authorize: Callable[[HttpRequest], None] = lambda request: None,
        error_response: Callable[[HttpRequest | None, HttpError], HttpResponse] = text_error,
        responded: Callable[[str, int], None] = lambda path, status: None,
        background: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self._routes = routes
        self._limits = limits
        self._authorize = authorize
        self._error_response = error_response
        self._responded = responded
        self._background = background
        self._tls = tls.context() if tls else None
        self._socket = listening_socket(setting, *listen)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        self._connections = _Slots(limits.connections, limits.connections_a_client, limits.retry_after)
        self._requests = _Slots(limits.in_flight, limits.in_flight_a_client, limits.retry_after)
        self._body_bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._grace = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name=setting, daemon=True)

    def start(self) -> None:
        """Begin to respond."""
        self._loop = asyncio.new_event_loop()
        self._thread.start()

    def stop(self, grace: float = 5.0) -> None:
        """Accept no new request, give those in flight `grace` seconds for their responses, close all connections.

        Returns soon after, also where `background` does not end; its thread is a daemon.
        """
        self._grace = grace
        if self._loop and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(grace + _CLOSING_SECONDS)
        self._socket.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop or asyncio.new_event_loop()) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        accepting = asyncio.create_task(self._accept())
        background = [asyncio.create_task(self._background())] if self._background else []
        await self._stopping.wait()
        await _ended([accepting])
        self._socket.close()
        deadline = time.monotonic() + self._grace
        while self._requests.taken and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        await _ended([*self._tasks, *background])

    async def _accept(self) -> None:
        while True:
            try:
                accepted, address = await asyncio.get_running_loop().sock_accept(self._socket)
            except OSError as error:  # no file descriptor is free, or the client has gone already
                _log.warning("an HTTP connection could not be accepted", reason=str(error))
                await asyncio.sleep(_ACCEPT_PAUSE)
                continue
            if len(self._tasks) >= self._limits.connections + _REFUSED_AT_ONCE:
                accepted.close()
                continue
            task = asyncio.create_task(self._connected(accepted, str(address[0])))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connected(self, accepted: socket.socket, client: str) -> None:
        try:
            try:
                with self._connections.slot(client):
                    await self._serve_connection(accepted, client)
            except HttpError as error:  # of the slot: an exchange responds to its own
                await self._serve_connection(accepted, client, error)
        except ConnectionEnded:
            pass
        except Exception:
            _log.exception("an HTTP connection ended by a fault of the server")

    async def _serve_connection(self, accepted: socket.socket, client: str, refused: HttpError | None = None) -> None:
        """All requests of a connection, or the reason why it is refused. The TLS handshake is part of it."""
        connection = await Connection.open(accepted, client, self._limits, self._tls)
        try:
            if refused:
                await connection.respond(self._error_response(None, refused)._replace(close=True))
                return
            while await self._exchange(connection):
                pass
        finally:
            connection.close()

    async def _exchange(self, connection: Connection) -> bool:
        """One request and its response. Whether the connection may go on."""
        request: HttpRequest | None = None
        try:
            request = await connection.request()
            route = self._route(request)
            with self._requests.slot(connection.client), self._body_space() as count:
                body = await connection.body(request, count)
                response = await self._handled(route, request._replace(body=body))
                return await self._respond(connection, request, response)
        except HttpError as error:
            return await self._respond(connection, request, self._error_response(request, error))

    def _route(self, request: HttpRequest) -> Route:
        """The route of a request. Raises `HttpError` for one whose body need not be read."""
        self._authorize(request)
        route = self._routes.get(request.path)
        if route is None:
            raise HttpError(404, f"no such path; there are {', '.join(self._routes)}")
        if request.method not in route.methods:
            allowed = ", ".join(route.methods)
            raise HttpError(405, f"{request.path} accepts {allowed}", (("allow", allowed),))
        if route.media_types and request.media_type not in route.media_types:
            raise HttpError(415, f"Content-Type is not one of {', '.join(route.media_types)}")
        return route

    @contextmanager
    def _body_space(self) -> Iterator[Callable[[int], None]]:
        """Counts the bytes of a body, by the function it gives, for as long as its request is in flight."""
        held = 0

        def count(more: int) -> None:
            nonlocal held
            if self._body_bytes + more > self._limits.waiting_bytes:
                raise HttpError(429, "busy: too many bytes are waiting", retry_after=self._limits.retry_after)
            self._body_bytes += more
            held += more

        try:
            yield count
        finally:
            self._body_bytes -= held

    async def _handled(self, route: Route, request: HttpRequest) -> HttpResponse:
        try:
            return await route.handle(request)
        except HttpError:
            raise
        except Exception:
            _log.exception("an HTTP request could not be handled", path=request.path)
            raise HttpError(500, "internal error; see the log of the server") from None

    async def _respond(self, connection: Connection, request: HttpRequest | None, response: HttpResponse) -> bool:
        path = request.path if request and request.path in self._routes else ""
        self._responded(path, response.status)
        return await connection.respond(response._replace(close=response.close or self._stopping.is_set()))


async def _ended(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel the tasks and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Slots:
    """Counts what clients hold, each and all together. Used from one thread."""

    def __init__(self, most: int, most_a_client: int, retry_after: int) -> None:
        self._most = most
        self._most_a_client = most_a_client
        self._retry_after = retry_after
        self._held: Counter[str] = Counter()
        self.taken = 0

    @contextmanager
    def slot(self, client: str) -> Iterator[None]:
        """One more of the client, within the block. Raises `HttpError` (429)."""
        if self._held[client] >= self._most_a_client:
            raise HttpError(429, f"busy: this client has {self._most_a_client} open", retry_after=self._retry_after)
        if self.taken >= self._most:
            raise HttpError(429, f"busy: {self._most} are open", retry_after=self._retry_after)
        self._held[client] += 1
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]
