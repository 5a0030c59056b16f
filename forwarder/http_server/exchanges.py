"""Requests and their responses: what clients may hold, the route, its handler, the headers of every response.

Invariants
    What one client holds leaves room for others; beyond a limit the response is 429 with `Retry-After`.
    A fault of a handler is answered 500 and costs its request only.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import structlog

from forwarder.http_server.messages import Endpoint, Headers, HttpError, HttpRequest, HttpResponse, Route
from forwarder.http_server.options import HttpLimits
from forwarder.http_server.origins import Origins
from forwarder.http_server.rate_limit import LogRateLimit

Spoken = asyncio.Event
"""Set when a connection's first request is complete but for its body."""
_log = structlog.get_logger()


class Exchange(Protocol):
    """A request and its response, by either protocol."""

    @property
    def client(self) -> str:
        """The client's address."""

    async def request(self) -> HttpRequest:
        """The line and headers. Raises `ConnectionEnded`, `HttpError`."""

    async def body(self, request: HttpRequest, count: Callable[[int], None]) -> bytes:
        """The body, each piece counted. Raises `ConnectionEnded`, `HttpError`."""

    async def respond(self, response: HttpResponse) -> bool:
        """Send it; whether the connection may go on. Raises `ConnectionEnded`."""


Serve = Callable[[Exchange], Awaitable[bool]]
"""Serves one exchange; whether its connection may go on."""


class Slots:
    """Counts what clients hold. Used from one thread."""

    def __init__(self, most: int, most_a_client: int, retry_after: int) -> None:
        self._most = most
        self._most_a_client = most_a_client
        self._retry_after = retry_after
        self._held: Counter[str] = Counter()
        self.taken = 0

    def full_for(self, client: str) -> bool:
        """Whether the client itself holds as much as one client may."""
        return self._held[client] >= self._most_a_client

    def full(self) -> bool:
        """Whether all clients together hold as much as they may."""
        return self.taken >= self._most

    @contextmanager
    def slot(self, client: str) -> Iterator[None]:
        """One more of the client, within the block. Raises `HttpError` (429)."""
        if self.full_for(client):
            raise HttpError(429, f"busy: this client has {self._most_a_client} open", retry_after=self._retry_after)
        if self.full():
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


class ByteBudget:
    """Counts the bytes of all bodies that are in memory. Used from one thread."""

    def __init__(self, most: int, retry_after: int) -> None:
        self._most = most
        self._retry_after = retry_after
        self._held = 0

    @contextmanager
    def counted(self) -> Iterator[Callable[[int], None]]:
        """A function that counts further bytes, which are held until the block ends. It raises `HttpError` (429)."""
        held = 0

        def count(more: int) -> None:
            nonlocal held
            if self._held + more > self._most:
                raise HttpError(429, "busy: too many bytes are waiting", retry_after=self._retry_after)
            self._held += more
            held += more

        try:
            yield count
        finally:
            self._held -= held


class Exchanges:
    """Serves the exchanges of all connections of a server. For the parameters see `HttpServer`.

    `origins`: by the setting of an endpoint's address. `is_stopping`: whether connections end with their response.
    """

    def __init__(
        self,
        limits: HttpLimits,
        authorize: Callable[[HttpRequest], None],
        origins: Mapping[str, Origins | None],
        responded: Callable[[str, int], None],
        refused: Callable[[str, HttpError], None],
        headers: Headers,
        is_stopping: Callable[[], bool],
    ) -> None:
        self._authorize = authorize
        self._origins = origins
        self._responded = responded
        self._refused = refused
        self._headers = headers
        self._is_stopping = is_stopping
        self._requests = Slots(limits.in_flight, limits.in_flight_a_client, limits.retry_after)
        self._bodies = ByteBudget(limits.waiting_bytes, limits.retry_after)
        self._log_limit = LogRateLimit()

    @property
    def in_flight(self) -> int:
        """Requests that have no response yet."""
        return self._requests.taken

    async def serve(self, endpoint: Endpoint, spoken: Spoken, exchange: Exchange) -> bool:
        """One request and its response. Whether the connection may go on."""
        request: HttpRequest | None = None
        try:
            request = await exchange.request()
            spoken.set()
            if preflight := self._preflight(endpoint, request):
                return await self._respond(endpoint, exchange, request, preflight)
            route = self._route(endpoint, request)
            with self._requests.slot(exchange.client), self._bodies.counted() as count:
                body = await exchange.body(request, count)
                response = await self._handled(route, request._replace(body=body))
                return await self._respond(endpoint, exchange, request, response)
        except HttpError as error:
            self._refused(exchange.client, error)
            return await self._respond(endpoint, exchange, request, endpoint.error_response(request, error))

    def _preflight(self, endpoint: Endpoint, request: HttpRequest) -> HttpResponse | None:
        """The response to a browser's question before its request. Raises `HttpError` for a page that may not send."""
        if "origin" not in request.headers or not (origins := self._origins.get(endpoint.setting)):
            return None
        origins.check(request)
        return origins.preflight(request, endpoint.routes)

    def _route(self, endpoint: Endpoint, request: HttpRequest) -> Route:
        """The route of a request. Raises `HttpError` for one whose body need not be read."""
        self._authorize(request)
        route = endpoint.routes.get(request.path)
        if route is None:
            raise HttpError(404, f"no such path; there are {', '.join(endpoint.routes)}")
        if request.method not in route.methods:
            allowed = ", ".join(route.methods)
            raise HttpError(405, f"{request.path} accepts {allowed}", (("allow", allowed),))
        if route.media_types and request.media_type not in route.media_types:
            raise HttpError(415, f"Content-Type is not one of {', '.join(route.media_types)}")
        return route

    async def _handled(self, route: Route, request: HttpRequest) -> HttpResponse:
        try:
            return await route.handle(request)
        except HttpError:
            raise
        except Exception as error:
            self.log_fault(f"an HTTP request of {request.path} could not be handled", error)
            raise HttpError(500, "internal error; see the log of the server") from None

    def log_fault(self, event: str, error: Exception) -> None:
        """A fault of the server, once a minute a kind."""
        if (held_back := self._log_limit.admit((event, type(error).__name__))) is not None:
            _log.exception(event, held_back=held_back)

    async def _respond(
        self, endpoint: Endpoint, exchange: Exchange, request: HttpRequest | None, response: HttpResponse
    ) -> bool:
        path = request.path if request and request.path in endpoint.routes else ""
        self._responded(path, response.status)
        origins = self._origins.get(endpoint.setting)
        of_origin = origins.headers(request) if origins and origins.allowed else ()
        headers = (*response.headers, *self._headers, *of_origin)
        close = response.close or self._is_stopping()
        return await exchange.respond(response._replace(headers=headers, close=close))
