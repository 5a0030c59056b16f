"""An HTTP/2 client on a blocking socket that can also do what none should: its `h2` and `socket` are open to tests."""

import socket
from collections import defaultdict
from contextlib import suppress
from typing import Any, NamedTuple, Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
REQUEST = [(b":method", b"POST"), (b":path", b"/echo"), (b":scheme", b"http"), (b":authority", b"x")]


class Response(NamedTuple):
    headers: dict[str, str]
    """Trailers too."""
    body: bytes


class Http2Client:
    """A connection, after the preface."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=10)
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.send()
        self.address = address
        self._headers: defaultdict[int, dict[str, str]] = defaultdict(dict)
        self._bodies: defaultdict[int, bytes] = defaultdict(bytes)
        self._complete: dict[int, StreamEnded | StreamReset] = {}
        self.ended_by: Any = None
        """The error code by which the server ended the connection."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, further: bytes = b"") -> None:
        """Send what h2 has to send, and further bytes."""
        self.socket.sendall(self.h2.data_to_send() + further)

    def begin(self, method: str, path: str, headers: dict[str, str] | None = None, end: bool = False) -> int:
        """The headers of a request; its stream."""
        stream_id = self.h2.get_next_available_stream_id()
        pseudo = {":method": method, ":path": path, ":scheme": "http", ":authority": f"127.0.0.1:{self.address[1]}"}
        self.h2.send_headers(stream_id, list((pseudo | (headers or {})).items()), end_stream=end)
        self.send()
        return stream_id

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Response:
        """One request and its response."""
        stream_id = self.begin(method, path, headers)
        self.h2.send_data(stream_id, body, end_stream=True)
        self.send()
        return self.response(stream_id)

    def response(self, stream_id: int) -> Response:
        """The response to a request. Fails where the server ends the connection or the stream before it is complete."""
        while stream_id not in self._complete:
            self.events()
        if isinstance(event := self._complete[stream_id], StreamReset):
            raise ConnectionError(event.error_code)
        return Response(self._headers[stream_id], self._bodies[stream_id])

    def events(self) -> None:
        """Take what the server sends next. Raises `ConnectionError` when it has closed the connection."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed")
        for event in self.h2.receive_data(data):
            self._on(event)
        self.send()

    def _on(self, event: Event) -> None:
        if isinstance(event, ConnectionTerminated):
            self.ended_by = event.error_code
        elif isinstance(event, (ResponseReceived, TrailersReceived)):
            self._headers[event.stream_id or 0] |= {str(name): str(value) for name, value in event.headers or ()}
        elif isinstance(event, DataReceived):
            self._bodies[event.stream_id or 0] += event.data or b""
            self.h2.acknowledge_received_data(event.flow_controlled_length or 0, event.stream_id or 0)
        elif isinstance(event, (StreamEnded, StreamReset)):
            self._complete.setdefault(event.stream_id or 0, event)

    def until_ended(self) -> Any:
        """Read until the server closes the connection; the error code it gave, `None` where it gave none."""
        with suppress(OSError):
            while True:
                self.events()
        return self.ended_by
