"""One HTTP/1.1 connection: h11 reads and writes, this module waits, and no longer or for more than the limits allow.

Invariant: a client that sends slowly, nothing or too much holds one connection for a bounded time and no thread.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from http.client import responses

import h11

from forwarder.http_server.exchanges import Serve
from forwarder.http_server.messages import HttpError, HttpRequest, HttpResponse
from forwarder.http_server.opening import ConnectionEnded, OpenConnection, close, linger
from forwarder.http_server.options import HttpLimits

_QUOTES = re.compile(r"[^\w ./-]")
"""What follows in the message of an error may be a header's value, which may be a secret."""
_READ_BYTES = 64 * 1024


class Connection:
    """One connection's requests, one after the other."""

    def __init__(self, opened: OpenConnection, client: str, limits: HttpLimits) -> None:
        self.client = client
        self._reader = opened.reader
        self._writer = opened.writer
        self._limits = limits
        self._protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.header_bytes)
        self._first = True
        self._bodiless = False
        self._protocol.receive_data(opened.received)

    async def run(self, serve: Serve) -> None:
        """Serve requests until the connection ends."""
        while await serve(self):
            pass

    async def request(self) -> HttpRequest:
        """The line and headers of the next request. Raises `ConnectionEnded`, and `HttpError` (400, 431)."""
        event = self._event()
        if event is h11.NEED_DATA and not self._protocol.trailing_data[0]:
            idle = self._limits.header_seconds if self._first else self._limits.idle_seconds
            await self._within(idle, self._read())
            event = self._event()
        self._first = False
        if event is h11.NEED_DATA:
            event = await self._within(self._limits.header_seconds, self._next())
        if not isinstance(event, h11.Request):
            raise ConnectionEnded
        self._bodiless = event.method == b"HEAD"
        if sum(len(name) + len(value) + 4 for name, value in event.headers) + len(event.target) > (
            self._limits.header_bytes
        ):
            raise self._headers_too_large()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
        path = event.target.decode("latin-1").partition("?")[0]
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        return HttpRequest(event.method.decode("latin-1"), path, headers, self.client, media_type)

    async def body(self, request: HttpRequest, count: Callable[[int], None]) -> bytes:
        """The body; each piece is counted. Raises `ConnectionEnded`, and `HttpError` (408, 413, 429)."""
        if int(request.headers.get("content-length", 0)) > self._limits.body_bytes:
            raise self._body_too_large()
        if self._protocol.they_are_waiting_for_100_continue:
            self._write(h11.InformationalResponse(status_code=100, headers=[]))
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                return await self._pieces(count)
        except TimeoutError:
            raise HttpError(408, f"the body did not come within {self._limits.body_seconds:g} s") from None

    async def _pieces(self, count: Callable[[int], None]) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while not isinstance(event := await self._next(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                size += len(event.data)
                if size > self._limits.body_bytes:
                    raise self._body_too_large()
                count(len(event.data))
                pieces.append(bytes(event.data))
        return b"".join(pieces)

    async def respond(self, response: HttpResponse) -> bool:
        """Send it; whether the connection may go on. Raises `ConnectionEnded`."""
        unread = self._protocol.their_state is h11.SEND_BODY
        close = response.close or unread or self._protocol.their_state in (h11.ERROR, h11.MUST_CLOSE)
        headers = [("content-type", response.content_type), ("content-length", str(len(response.body)))]
        headers += [*response.headers, *([("connection", "close")] if close else [])]
        body = [] if self._bodiless else [h11.Data(data=response.body)]
        reason = responses.get(response.status, "").encode()
        try:
            head = h11.Response(status_code=response.status, headers=headers, reason=reason)
            self._write(head, *body, h11.EndOfMessage())
            async with asyncio.timeout(self._limits.body_seconds):
                await self._writer.drain()
        except (h11.LocalProtocolError, OSError, TimeoutError):
            raise ConnectionEnded from None
        if close or self._protocol.our_state is not h11.DONE:
            await linger(self._reader, self._writer)
            return False
        self._protocol.start_next_cycle()
        return True

    def close(self) -> None:
        """End the connection."""
        close(self._writer)

    async def _within(self, seconds: float, wait: Awaitable[object]) -> object:
        try:
            return await asyncio.wait_for(wait, seconds)
        except TimeoutError:
            raise ConnectionEnded from None

    async def _next(self) -> object:
        while (event := self._event()) is h11.NEED_DATA:
            await self._read()
        if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
            raise ConnectionEnded
        return event

    def _event(self) -> object:
        try:
            return self._protocol.next_event()
        except h11.RemoteProtocolError as error:
            if error.error_status_hint == 431:
                raise self._headers_too_large() from None
            raise HttpError(400, f"this is no HTTP/1.1 request: {_QUOTES.split(str(error))[0]}") from None

    async def _read(self) -> None:
        try:
            data = await self._reader.read(_READ_BYTES)
        except OSError:
            raise ConnectionEnded from None
        if not data and self._protocol.their_state is not h11.IDLE:
            raise ConnectionEnded
        self._protocol.receive_data(data)

    def _write(self, *events: h11.Event) -> None:
        self._writer.write(b"".join(self._protocol.send(event) or b"" for event in events))

    def _headers_too_large(self) -> HttpError:
        return HttpError(431, f"headers of more than {self._limits.header_bytes} bytes")

    def _body_too_large(self) -> HttpError:
        return HttpError(413, f"a body of more than {self._limits.body_bytes} bytes; send less at once")
