"""What a stand-in receiver was sent: bodies and bytes on the wire beside the ledger it keeps itself."""

from typing import NamedTuple

from forwarder.simulator.destination import DestinationServer
from forwarder.simulator.http import Answer, Request


class Sent(NamedTuple):
    """Everything of one run."""

    events: int
    """Confirmed, surplus copies left out."""
    bodies: int
    raw_bytes: int
    """Before gzip."""
    wire_bytes: int
    """After gzip."""


class Wire:
    """Counts what `receiver` takes from now on."""

    def __init__(self, receiver: DestinationServer) -> None:
        self._receiver = receiver
        self._serve = receiver.serve
        self._bodies = self._bytes = 0
        receiver.serve = self._count  # type: ignore[method-assign]

    def sent(self, wanted: set[str]) -> Sent:
        """The sum. Raises `RuntimeError` unless each of `wanted` arrived, once, and nothing else but health events."""
        uids = self._receiver.uids()
        missing, twice = len(wanted - uids.keys()), sum(count - 1 for count in uids.values())
        strangers = len(uids.keys() - wanted)
        if missing or twice or strangers > _HEALTH_EVENTS:
            raise RuntimeError(
                f"of {len(wanted)} events {missing} are missing; {twice} came twice, {strangers} unasked"
            )
        return Sent(len(wanted), self._bodies, self._receiver.delivered.bytes, self._bytes)

    def _count(self, request: Request) -> Answer:
        answer = self._serve(request)
        if answer.status < 300 and request.headers.get("content-encoding") == "gzip":
            self._bodies += 1
            self._bytes += len(request.body)
        return answer


_HEALTH_EVENTS = 4
"""The forwarder's own, `started` and `stopped` of two runs."""
