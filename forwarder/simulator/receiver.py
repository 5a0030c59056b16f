"""What both receivers share: a ledger, gzip bodies, and control endpoints to read the ledger."""

import gzip
import ssl
import zlib
from typing import Any

from forwarder.simulator.clock import SimulatedClock
from forwarder.simulator.deliveries import Deliveries
from forwarder.simulator.http import Request
from forwarder.simulator.server import Control, LocalServer


class Receiver(LocalServer):
    """A server that takes delivery. `delivered` is its ledger."""

    def __init__(
        self,
        *,
        port: int = 0,
        clock: SimulatedClock | None = None,
        tls: ssl.SSLContext | None = None,
        keep_events: bool = False,
    ) -> None:
        super().__init__(port=port, clock=clock, tls=tls)
        self.delivered = Deliveries(keep_events=keep_events)

    def uids(self) -> dict[str, int]:
        """How often each uid was stored; safe while requests come in."""
        with self._lock:
            return dict(self.delivered.uids)

    def events(self) -> list[Any]:
        """The stored events (with `keep_events`), in the order of arrival."""
        with self._lock:
            return list(self.delivered.read())

    def controls(self) -> dict[tuple[str, str], Control]:
        """The ledger, for a forwarder in another process."""
        return {
            **super().controls(),
            ("GET", "delivered"): lambda _: self.delivered.summary(),
            ("GET", "delivered/uids"): lambda _: dict(self.delivered.uids),
            ("GET", "delivered/events"): lambda _: list(self.delivered.read()),
            ("DELETE", "delivered"): lambda _: self.delivered.clear(),
        }


class BadEncodingError(Exception):
    """The body is not what `Content-Encoding` says; `encoding` is what it says."""

    def __init__(self, encoding: str) -> None:
        super().__init__(encoding)
        self.encoding = encoding


def plain_body(request: Request) -> bytes:
    """The body without its gzip. Raises `BadEncodingError` for other encodings and for damaged gzip."""
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding == "identity":
        return request.body
    if encoding != "gzip":
        raise BadEncodingError(encoding)
    try:
        return gzip.decompress(request.body)
    except (gzip.BadGzipFile, EOFError, zlib.error) as damaged:
        raise BadEncodingError(encoding) from damaged
