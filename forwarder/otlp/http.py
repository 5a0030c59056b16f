"""HTTP/1.1 on asyncio streams: h11 reads and writes the protocol, this module waits, and no longer than is allowed.

Invariant: a client that sends slowly, nothing or too much holds one connection for a bounded time and no thread.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

import h11

from forwarder.otlp.limits import Limits
from forwarder.otlp.refusal import INVALID_ARGUMENT, RESOURCE_EXHAUSTED, Refusal, malformed

_READ = 64 * 1024
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 16 * 1024 * 1024


class Head(NamedTuple):
    """A request's line and headers, names in lower case."""

    method: str
    path: str
    headers: dict[str, str]


class Answer(NamedTuple):
    """What is sent back."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    close: bool = False


class PeerGone(Exception):
    """Nobody is left to answer."""


class Conversation:
    """One connection's requests, one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits) -> None:
        self._reader = reader
        self._writer = writer
        self._limits = limits
        self._protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.header_bytes)
        self._fresh = True

    async def head(self) -> Head:
        """The next request. Raises `PeerGone`, and `Refusal` for what is no request."""
        event = self._event()
        if event is h11.NEED_DATA and not self._protocol.trailing_data[0]:
            idle = self._limits.head_seconds if self._fresh else self._limits.idle_seconds
            await self._within(idle, self._read())
            event = self._event()
        self._fresh = False
        if event is h11.NEED_DATA:
            event = await self._within(self._limits.head_seconds, self._next())
        if not isinstance(event, h11.Request):
            raise PeerGone
        held = sum(len(name) + len(value) + 4 for name, value in event.headers) + len(event.target)
        if held > self._limits.header_bytes:
            raise Refusal(431, RESOURCE_EXHAUSTED, f"headers of more than {self._limits.header_bytes} bytes")
        return _head(event)

    async def body(self, head: Head, grow: Callable[[int], None]) -> bytes:
        """The body; each piece is counted by `grow`. Raises `Refusal` and `PeerGone`."""
        most = self._limits.body_bytes
        if int(head.headers.get("content-length", 0)) > most:
            raise _too_large(most)
        if self._protocol.they_are_waiting_for_100_continue:
            self._write(h11.InformationalResponse(status_code=100, headers=[]))
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                return await self._pieces(most, grow)
        except TimeoutError:
            message = f"the body did not come within {self._limits.body_seconds:g} s"
            raise Refusal(408, INVALID_ARGUMENT, message) from None

    async def answer(self, answer: Answer) -> bool:
        """Send it; whether the connection may go on. Raises `PeerGone`."""
        unread = self._protocol.their_state is h11.SEND_BODY
        close = answer.close or unread or self._protocol.their_state in (h11.ERROR, h11.MUST_CLOSE)
        headers = [("content-type", answer.content_type), ("content-length", str(len(answer.body))), *answer.headers]
        if close:
            headers.append(("connection", "close"))
        try:
            response = h11.Response(status_code=answer.status, headers=headers)
            self._write(response, h11.Data(data=answer.body), h11.EndOfMessage())
            async with asyncio.timeout(self._limits.body_seconds):
                await self._writer.drain()
        except (h11.LocalProtocolError, OSError, TimeoutError):
            raise PeerGone from None
        if close or self._protocol.our_state is not h11.DONE:
            await self._linger()
            return False
        self._protocol.start_next_cycle()
        return True

    def close(self) -> None:
        """End the connection."""
        with suppress(OSError, RuntimeError):
            self._writer.close()

    async def _within(self, seconds: float, wait: Awaitable[object]) -> object:
        try:
            return await asyncio.wait_for(wait, seconds)
        except TimeoutError:
            raise PeerGone from None

    async def _next(self) -> object:
        while (event := self._event()) is h11.NEED_DATA:
            await self._read()
        if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
            raise PeerGone
        return event

    def _event(self) -> object:
        try:
            return self._protocol.next_event()
        except h11.RemoteProtocolError as error:
            if error.error_status_hint == 431:
                message = f"headers of more than {self._limits.header_bytes} bytes"
                raise Refusal(431, RESOURCE_EXHAUSTED, message) from None
            raise malformed(f"this is no HTTP/1.1 request: {error}") from None

    async def _read(self) -> None:
        try:
            data = await self._reader.read(_READ)
        except OSError:
            raise PeerGone from None
        if not data and self._protocol.their_state is not h11.IDLE:
            raise PeerGone
        self._protocol.receive_data(data)

    async def _pieces(self, most: int, grow: Callable[[int], None]) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while not isinstance(event := await self._next(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                size += len(event.data)
                if size > most:
                    raise _too_large(most)
                grow(len(event.data))
                pieces.append(bytes(event.data))
        return b"".join(pieces)

    def _write(self, *events: h11.Event) -> None:
        self._writer.write(b"".join(self._protocol.send(event) or b"" for event in events))

    async def _linger(self) -> None:
        """Read what the client still sends: closed at once, it might never see the answer."""
        with suppress(OSError, TimeoutError, NotImplementedError, RuntimeError):
            if self._writer.can_write_eof():
                self._writer.write_eof()
            async with asyncio.timeout(_LINGER_SECONDS):
                left = _LINGER_BYTES
                while left > 0 and (data := await self._reader.read(_READ)):
                    left -= len(data)


def address_of(writer: asyncio.StreamWriter) -> str:
    """The client's address without its port."""
    peer = writer.get_extra_info("peername")
    return str(peer[0]) if isinstance(peer, tuple) else "unknown"


def listener(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, or asyncio would not switch Nagle's algorithm off.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(512)
        found.setblocking(False)
    except OSError:
        found.close()
        raise
    return found


def _head(event: h11.Request) -> Head:
    headers: dict[str, str] = {}
    for name, value in event.headers:
        headers[name.decode("latin-1")] = value.decode("latin-1")
    path = event.target.decode("latin-1").partition("?")[0]
    return Head(event.method.decode("latin-1"), path, headers)


def _too_large(most: int) -> Refusal:
    return Refusal(413, RESOURCE_EXHAUSTED, f"a body of more than {most} bytes; send smaller batches")
