"""The server: listens, serves each connection by its protocol, stops without cutting a response off.

Invariant: however many addresses it serves, and by which protocol, one set of limits holds for all of them together.
"""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

from forwarder.http_server.admission import ConnectionTable
from forwarder.http_server.connection import Connection
from forwarder.http_server.exchanges import Exchange, Exchanges, Serve, Spoken
from forwarder.http_server.http2 import Http2Connection
from forwarder.http_server.http2_stream import Http2Stream
from forwarder.http_server.messages import (
    WRONG_PROTOCOL,
    Endpoint,
    ErrorResponse,
    Headers,
    HttpError,
    HttpRequest,
    Route,
    text_error,
)
from forwarder.http_server.opening import ConnectionEnded, OpenConnection, open_connection
from forwarder.http_server.options import HttpLimits, Tls, listeners
from forwarder.http_server.origins import Origins

_CLOSING_SECONDS = 1.0
"""For what is left after the grace period of a stop."""
_DEFAULT_LIMITS = HttpLimits()


class HttpServer:
    """Listens from construction, responds from `start`, in a thread of its own. Raises `Misconfigured`.

    The first address is that of `setting`, `listen`, `routes` and `error_response`; `further` are others.
    `authorize` raises `HttpError` for a request that is refused before it is routed, `origins` is CORS for the first
    address. `responded` is called with each request's path, if it is a route, and the status; `refused` with the client
    and the reason of each request or connection that is not served. `headers` are part of every response.
    `background` runs beside the requests until the last one has its response.
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
        origins: Origins | None = None,
        error_response: ErrorResponse = text_error,
        other_protocol: str = "this address serves HTTP/1.1 only",
        other_protocol_response: ErrorResponse = text_error,
        responded: Callable[[str, int], None] = lambda path, status: None,
        refused: Callable[[str, HttpError], None] = lambda client, error: None,
        headers: Headers = (),
        background: Callable[[], Coroutine[Any, Any, None]] | None = None,
        further: Sequence[Endpoint] = (),
    ) -> None:
        first = Endpoint(setting, listen, routes, "HTTP/1.1", error_response, other_protocol, other_protocol_response)
        self._limits = limits
        self._responded = responded
        self._refused = refused
        self._background = background
        self._listeners = listeners([first, *further], tls)
        self.addresses: list[tuple[str, int]] = [listener.getsockname()[:2] for _, listener, _ in self._listeners]
        self.address = self.addresses[0]
        self._connections = ConnectionTable(
            limits.affordable_connections(), limits.connections_a_client, limits.retry_after
        )
        self._stopping = asyncio.Event()
        self._exchanges = Exchanges(
            limits, authorize, {setting: origins}, responded, refused, headers, self._stopping.is_set
        )
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
        self._close_listeners()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop or asyncio.new_event_loop()) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        accepting = [
            asyncio.create_task(self._connections.accept(listener, partial(self._serve_connection, endpoint, tls)))
            for endpoint, listener, tls in self._listeners
        ]
        background = [asyncio.create_task(self._background())] if self._background else []
        await self._stopping.wait()
        await _ended(accepting)
        self._close_listeners()
        deadline = time.monotonic() + self._grace
        while self._exchanges.in_flight and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        await self._connections.end()
        await _ended(background)

    def _close_listeners(self) -> None:
        for _, listener, _ in self._listeners:
            listener.close()

    async def _serve_connection(
        self,
        endpoint: Endpoint,
        tls: ssl.SSLContext | None,
        accepted: socket.socket,
        client: str,
        busy: HttpError | None,
        spoken: Spoken,
    ) -> None:
        """All requests of a connection, or the reason why it is refused. The TLS handshake is part of it."""
        try:
            opened = await open_connection(accepted, self._limits, tls)
        except HttpError as error:
            self._refused(client, error)
            return
        refused = busy or opened.refused
        error_response = endpoint.error_response
        if opened.protocol != endpoint.protocol:
            refused = refused or HttpError(505, endpoint.other_protocol, reason=WRONG_PROTOCOL)
            error_response = endpoint.other_protocol_response
        elif opened.refused and opened.protocol == "HTTP/1.1":
            error_response = text_error  # for the person who tries it by hand
        serve: Serve = partial(self._exchanges.serve, endpoint, spoken)
        if refused:
            self._refused(client, refused)
            serve = partial(self._answer_refused, error_response, refused)
        by_protocol = self._serve_http2 if opened.protocol == "HTTP/2" else self._serve_http1
        await by_protocol(opened, client, serve)

    async def _serve_http1(self, opened: OpenConnection, client: str, serve: Serve) -> None:
        connection = Connection(opened, client, self._limits)
        try:
            await connection.run(serve)
        finally:
            connection.close()

    async def _serve_http2(self, opened: OpenConnection, client: str, serve: Serve) -> None:
        connection = Http2Connection(opened, client, self._limits)
        try:
            try:
                await connection.run(partial(self._serve_stream, serve))
            except HttpError as error:
                self._refused(client, error)
            await connection.finish()
        finally:
            connection.close()

    async def _serve_stream(self, serve: Serve, exchange: Exchange) -> None:
        try:
            await serve(exchange)
        except ConnectionEnded:
            raise
        except Exception as error:
            self._exchanges.log_fault("an HTTP/2 request ended by a fault of the server", error)
            raise ConnectionEnded from None

    async def _answer_refused(self, error_response: ErrorResponse, error: HttpError, exchange: Exchange) -> bool:
        """Answer why a connection is refused. In HTTP/1.1 that needs no request."""
        request = await exchange.request() if isinstance(exchange, Http2Stream) else None
        self._responded("", error.status)
        return await exchange.respond(error_response(request, error)._replace(close=True))


async def _ended(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel the tasks and wait for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
