"""One request of an HTTP/2 connection and its response, within the limits and the flow-control windows."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from h2.errors import ErrorCodes
from h2.exceptions import H2Error

from forwarder.http_server.messages import HttpError, HttpRequest, HttpResponse
from forwarder.http_server.opening import ConnectionEnded
from forwarder.http_server.options import HttpLimits

if TYPE_CHECKING:
    from forwarder.http_server.http2 import Http2Connection


class Http2Stream:
    """One request and its response."""

    def __init__(self, connection: "Http2Connection", stream_id: int, request: HttpRequest) -> None:
        self.id = stream_id
        self.client = connection.client
        self.pieces: asyncio.Queue[tuple[bytes, int] | None] = asyncio.Queue()
        """Of the body, with the bytes they count for in the flow-control window; `None` after the last."""
        self._connection = connection
        self._request = request
        self._complete = False

    async def request(self) -> HttpRequest:
        """Its headers."""
        return self._request

    async def body(self, request: HttpRequest, count: Callable[[int], None]) -> bytes:
        """The body; each piece is counted. Raises `HttpError` (408, 413, 429)."""
        limits = self._connection.limits
        if int(request.headers.get("content-length", 0)) > limits.body_bytes:
            raise _body_too_large(limits)
        try:
            async with asyncio.timeout(limits.body_seconds):
                return await self._all_pieces(count, limits)
        except TimeoutError:
            raise HttpError(408, f"the body did not come within {limits.body_seconds:g} s") from None

    async def _all_pieces(self, count: Callable[[int], None], limits: HttpLimits) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while piece := await self.pieces.get():
            data, flow_controlled = piece
            size += len(data)
            if size > limits.body_bytes:
                raise _body_too_large(limits)
            count(len(data))
            pieces.append(data)
            self._connection.acknowledge(flow_controlled, self.id)
            await self._connection.flush()
        self._complete = True
        return b"".join(pieces)

    def unread(self) -> list[int]:
        """The flow-controlled sizes of pieces that nobody took."""
        sizes: list[int] = []
        while not self.pieces.empty():
            piece = self.pieces.get_nowait()
            if piece and piece[1]:
                sizes.append(piece[1])
        return sizes

    async def respond(self, response: HttpResponse) -> bool:
        """Send it. True: the connection goes on for other requests. Raises `ConnectionEnded`."""
        connection = self._connection
        try:
            async with asyncio.timeout(connection.limits.body_seconds):
                await self._send(response)
            if not self._complete:
                with suppress(H2Error):  # the client may have ended it by now
                    connection.h2.reset_stream(self.id, ErrorCodes.NO_ERROR)  # of a body that nobody reads
            await connection.flush()
        except (H2Error, TimeoutError):
            raise ConnectionEnded from None
        if response.close:
            self._connection.end()
        return True

    async def _send(self, response: HttpResponse) -> None:
        h2 = self._connection.h2
        body = b"" if self._request.method == "HEAD" else response.body
        head = [(":status", str(response.status)), ("content-type", response.content_type), *response.headers]
        if response.trailers and not body:
            h2.send_headers(self.id, [*head, *response.trailers], end_stream=True)
            return
        if not response.trailers:
            head.append(("content-length", str(len(response.body))))
        h2.send_headers(self.id, head, end_stream=not body)
        while body:
            room = min(await self._room(), h2.max_outbound_frame_size)
            piece, body = body[:room], body[room:]
            h2.send_data(self.id, piece, end_stream=not body and not response.trailers)
            await self._connection.flush()
        if response.trailers:
            h2.send_headers(self.id, list(response.trailers), end_stream=True)

    async def _room(self) -> int:
        """How many bytes the client takes now; waits until it takes some."""
        async with self._connection.sendable:
            while (room := self._connection.h2.local_flow_control_window(self.id)) <= 0:
                await self._connection.sendable.wait()
        return room


def _body_too_large(limits: HttpLimits) -> HttpError:
    """A body of more than the limit."""
    return HttpError(413, f"a body of more than {limits.body_bytes} bytes; send less at once")
