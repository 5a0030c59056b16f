"""What both destinations share: the record of deliveries, gzip bodies, and control endpoints to read the record."""

import gzip
import json
import ssl
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from forwarder.simulator.clock import SimulatedClock
from forwarder.simulator.http import Answer, Request
from forwarder.simulator.server import Control, LocalServer


class Deliveries:
    """Counts by uid; a uid counted twice was delivered twice. `keep_events` also keeps each event.

    Kept is its text, which takes a fifth of the memory: a month of events fits into a small container.
    """

    def __init__(self, *, keep_events: bool = False) -> None:
        self.uids: Counter[str] = Counter()
        self.texts: list[str] = []
        self.bytes = 0
        self._keep = keep_events

    def store(self, uids: list[str], events: list[Any], size: int) -> None:
        """Take what one request delivered; `size` is its body in bytes before compression."""
        self.uids.update(uids)
        self.bytes += size
        if self._keep:
            self.texts.extend(map(json.dumps, events))

    def end_request(self, *, answered: bool) -> None:
        """The request that delivered something, or nothing, is over; `answered`: its answer is sent whole."""

    def read(self, since: int = 0) -> Iterator[Any]:
        """The kept events in the order of arrival, without the first `since`, each parsed when it is asked for."""
        return map(json.loads, islice(self.texts, since, None))

    def summary(self) -> dict[str, int]:
        """Number of events, of distinct uids and of duplicates, and bytes."""
        total = self.uids.total()
        return {
            "events": total,
            "distinct": len(self.uids),
            "duplicates": total - len(self.uids),
            "bytes": self.bytes,
        }

    def clear(self) -> None:
        """Forget everything."""
        self.uids.clear()
        self.texts.clear()
        self.bytes = 0


class DestinationServer(LocalServer):
    """A server that events are delivered to. `delivered` is the record of it."""

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

    def decorate(self, request: Request, answer: Answer) -> Answer:
        """See `LocalServer.decorate`."""
        self.delivered.end_request(answered=answer.ending == "whole")
        return answer

    def uids(self) -> dict[str, int]:
        """How often each uid was stored; safe while requests come in."""
        with self._lock:
            return dict(self.delivered.uids)

    def events(self) -> list[Any]:
        """The stored events (with `keep_events`), in the order of arrival."""
        with self._lock:
            return list(self.delivered.read())

    def controls(self) -> dict[tuple[str, str], Control]:
        """The record of deliveries, for a forwarder in another process."""
        return {
            **super().controls(),
            ("GET", "delivered"): lambda _: self.delivered.summary(),
            ("GET", "delivered/uids"): lambda _: dict(self.delivered.uids),
            ("GET", "delivered/events"): lambda _: list(self.delivered.read()),
            ("DELETE", "delivered"): lambda _: self.delivered.clear(),
        }


class BadEncodingError(Exception):
    """The body does not match `Content-Encoding`, whose value is `encoding`."""

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
