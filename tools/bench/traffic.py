"""Counts the requests and bytes that a simulated receiver gets."""

from typing import NamedTuple

from forwarder.simulator.destination import DestinationServer
from forwarder.simulator.http import Answer, Request


class Sent(NamedTuple):
    """The traffic of one run."""

    events: int
    """Distinct events, without the forwarder's own."""
    bodies: int
    raw_bytes: int
    """Before gzip."""
    wire_bytes: int
    """After gzip."""


class TrafficMeter:
    """Counts what `receiver` accepts from now on."""

    def __init__(self, receiver: DestinationServer) -> None:
        self._receiver = receiver
        self._serve = receiver.serve
        self._bodies = self._bytes = 0
        receiver.serve = self._count  # type: ignore[method-assign]

    def sent(self, expected: set[str]) -> Sent:
        """The totals. Raises `RuntimeError` unless exactly `expected` and health events arrived, each once."""
        uids = self._receiver.uids()
        missing, duplicates = len(expected - uids.keys()), sum(count - 1 for count in uids.values())
        unexpected = len(uids.keys() - expected)
        if missing or duplicates or unexpected > _HEALTH_EVENTS:
            raise RuntimeError(
                f"{len(expected)} events expected: {missing} missing, {duplicates} duplicated, {unexpected} unexpected"
            )
        return Sent(len(expected), self._bodies, self._receiver.delivered.bytes, self._bytes)

    def _count(self, request: Request) -> Answer:
        response = self._serve(request)
        if response.status < 300 and request.headers.get("content-encoding") == "gzip":
            self._bodies += 1
            self._bytes += len(request.body)
        return response


_HEALTH_EVENTS = 4
"""`started` and `stopped` of two runs."""
