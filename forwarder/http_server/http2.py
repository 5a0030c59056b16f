"""One HTTP/2 connection: h2 keeps the protocol's state, this module waits, and no longer or for more than limits allow.

Invariants
    A client that sends slowly, nothing or too much holds one connection for a bounded time and no thread.
    Bytes are taken into account before they are kept: the flow-control windows open only as bodies are counted.
    Frames that carry nothing (pings, settings, resets, empty data) have an allowance; beyond it the connection ends.

Source: RFC 9113; its section 10.5 lists what a client can flood a server with.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import H2Error
from h2.settings import SettingCodes, Settings

from forwarder.http_server.http2_stream import Http2Stream
from forwarder.http_server.messages import HttpError, HttpRequest
from forwarder.http_server.opening import ConnectionEnded, OpenConnection, close, linger
from forwarder.http_server.options import HttpLimits

_READ_BYTES = 64 * 1024
_WINDOW = 256 * 1024
"""Bytes of a body that a client may send ahead of their being counted; those of a connection are four times that."""
_BEYOND_ANNOUNCED = 4
"""How many times the announced number of requests at once ends the connection."""
_CONTROL_BYTES = 64
"""What a frame without content costs of the allowance beyond its bytes."""
_SMALL_DATA = 64
"""Bytes; a data frame with less counts as one without content."""
_Serve = Callable[[Http2Stream], Awaitable[None]]


class Http2Connection:
    """One connection's requests, at the same time."""

    def __init__(self, opened: OpenConnection, client: str, limits: HttpLimits) -> None:
        self.client = client
        self.limits = limits
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="latin-1"))
        self.h2.decoder.max_header_list_size = limits.header_bytes
        self.sendable = asyncio.Condition()
        """Notified when the client allows more bytes to be sent."""
        self._reader = opened.reader
        self._writer = opened.writer
        self._received = opened.received
        self._streams: dict[int, tuple[Http2Stream, asyncio.Task[None]]] = {}
        self._allowance = _Allowance(limits)
        self._idle = asyncio.timeout(None)
        self._running = self._ending = False

    async def run(self, serve: _Serve) -> None:
        """Serve each request in a task of its own until either side ends the connection.

        Raises `ConnectionEnded`, and `HttpError` (400, 429) for a client that breaks the protocol or floods.
        """
        try:
            async with self._idle:
                self._running = True
                await self._run(serve)
        except TimeoutError:
            await self._say_goodbye(ErrorCodes.NO_ERROR)
        except H2Error:
            await self.flush()  # h2 has put why into it
            raise HttpError(400, "this is no valid HTTP/2") from None
        finally:
            self._running = False
            await self._cancel_streams()

    async def _run(self, serve: _Serve) -> None:
        self._wait_at_most(self.limits.header_seconds)
        self._initiate()
        data = self._received
        while data:
            events = self.h2.receive_data(data)
            for event in events:
                await self._on(event, serve)
            await self.flush()
            if not self._allowance.covers(len(data), events):
                await self._say_goodbye(ErrorCodes.ENHANCE_YOUR_CALM)
                raise HttpError(429, "too many HTTP/2 frames without content")
            data = await self._read()

    def _initiate(self) -> None:
        """Announce the limits. A client that has not seen them yet may begin a few more requests than they allow."""
        most = self.limits.in_flight_a_client
        announced = {
            SettingCodes.MAX_CONCURRENT_STREAMS: most,
            SettingCodes.MAX_HEADER_LIST_SIZE: self.limits.header_bytes,
            SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW,
        }
        self.h2.local_settings = Settings(client=False, initial_values=announced)
        self.h2.initiate_connection()
        enforced = announced | {SettingCodes.MAX_CONCURRENT_STREAMS: _BEYOND_ANNOUNCED * most}
        self.h2.local_settings = Settings(client=False, initial_values=enforced)
        self.h2.increment_flow_control_window(3 * _WINDOW)

    async def _on(self, event: Event, serve: _Serve) -> None:
        if isinstance(event, RequestReceived):
            self._begin(event, serve)
        elif isinstance(event, (WindowUpdated, RemoteSettingsChanged)):
            async with self.sendable:
                self.sendable.notify_all()
        elif isinstance(event, (DataReceived, StreamEnded, StreamReset)):
            stream, task = self._streams.get(event.stream_id or 0, (None, None))
            if isinstance(event, StreamReset) and task:
                task.cancel()
            elif isinstance(event, DataReceived):
                self._data(event, stream)
            elif stream:
                stream.pieces.put_nowait(None)

    def _begin(self, event: RequestReceived, serve: _Serve) -> None:
        stream_id = event.stream_id or 0
        stream = Http2Stream(self, stream_id, _request(event, self.client))
        task = asyncio.create_task(self._served(stream, serve))
        self._streams[stream_id] = (stream, task)
        self._wait_at_most(None)

    def _data(self, event: DataReceived, stream: Http2Stream | None) -> None:
        size = event.flow_controlled_length or 0
        if stream:
            stream.pieces.put_nowait((event.data or b"", size))
        elif size:
            self.acknowledge(size, event.stream_id or 0)

    def acknowledge(self, size: int, stream_id: int) -> None:
        """Let the client send as much again."""
        with suppress(H2Error):  # the stream may be closed by now
            self.h2.acknowledge_received_data(size, stream_id)

    async def _served(self, stream: Http2Stream, serve: _Serve) -> None:
        try:
            await serve(stream)
            self._allowance.pay_back()
        except ConnectionEnded:
            with suppress(H2Error):
                self.h2.reset_stream(stream.id, ErrorCodes.CANCEL)
        finally:
            for piece in stream.unread():
                self.acknowledge(piece, stream.id)
            del self._streams[stream.id]
            if not self._streams:
                self._wait_at_most(0 if self._ending else self.limits.idle_seconds)
        with suppress(ConnectionEnded):
            await self.flush()

    def _wait_at_most(self, seconds: float | None) -> None:
        """For the next request; `None` while there are some, whose parts have times of their own."""
        if self._running and not self._idle.expired():
            self._idle.reschedule(None if seconds is None else asyncio.get_running_loop().time() + seconds)

    async def _read(self) -> bytes:
        try:
            return await self._reader.read(_READ_BYTES)
        except OSError:
            raise ConnectionEnded from None

    async def flush(self) -> None:
        """Send what h2 has to send; a client that does not take it is disconnected. Raises `ConnectionEnded`."""
        try:
            if data := self.h2.data_to_send():
                self._writer.write(data)
            async with asyncio.timeout(self.limits.body_seconds):
                await self._writer.drain()
        except OSError:
            self._writer.transport.abort()
            raise ConnectionEnded from None

    def end(self) -> None:
        """End the connection when all requests that have begun have their responses."""
        self._ending = True

    async def _say_goodbye(self, code: ErrorCodes) -> None:
        with suppress(H2Error, ConnectionEnded):
            self.h2.close_connection(code)
            await self.flush()

    async def _cancel_streams(self) -> None:
        tasks = [task for _, task in self._streams.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def finish(self) -> None:
        """Give the client time to read what was sent last."""
        await linger(self._reader, self._writer)

    def close(self) -> None:
        """End the connection."""
        close(self._writer)


class _Allowance:
    """Bytes and frames without content that a client may send, beyond those that belong to its requests."""

    def __init__(self, limits: HttpLimits) -> None:
        self._most = 16.0 * limits.header_bytes
        self._a_second = limits.header_bytes / 2
        self._a_request = 2 * limits.header_bytes
        self._left = self._most
        self._at = asyncio.get_running_loop().time()

    def pay_back(self) -> None:
        """A request has its response."""
        self._left = min(self._most, self._left + self._a_request)

    def covers(self, received: int, events: list[Event]) -> bool:
        """Whether what was received, and became these events, is within the allowance."""
        now = asyncio.get_running_loop().time()
        self._left += self._a_second * (now - self._at)
        self._at = now
        content = sum(len(event.data or b"") for event in events if isinstance(event, DataReceived))
        self._left -= received - content + _CONTROL_BYTES * sum(map(_is_control, events))
        self._left = min(self._most, self._left)
        return self._left > 0


def _is_control(event: Event) -> bool:
    if isinstance(event, DataReceived):
        return len(event.data or b"") < _SMALL_DATA and not event.stream_ended
    return not isinstance(event, (RequestReceived, StreamEnded))


def _request(event: RequestReceived, client: str) -> HttpRequest:
    headers = {str(name): str(value) for name, value in event.headers or ()}
    path = headers.pop(":path", "").partition("?")[0]
    method = headers.pop(":method", "")
    headers["host"] = headers.pop(":authority", headers.get("host", ""))
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return HttpRequest(method, path, headers, client, media_type)
