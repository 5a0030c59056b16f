"""Who may come in: bounds on connections, requests and bytes, a client and all together.

Invariant: what one client holds leaves room for others; beyond a bound the answer is 429 and when to come again. Used
from one thread. A client is an address: behind a proxy or NAT many people are one.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from forwarder.otlp.limits import Limits
from forwarder.otlp.refusal import RESOURCE_EXHAUSTED, Refusal


class Admission:
    """Counts who is in."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._connections: Counter[str] = Counter()
        self._requests: Counter[str] = Counter()
        self._bytes = 0

    @property
    def requests(self) -> int:
        """Requests in flight."""
        return self._requests.total()

    @contextmanager
    def connection(self, client: str) -> Iterator[None]:
        """While a connection is open. Raises `Refusal`."""
        self._check(self._connections, client, self._limits.connections, self._limits.connections_a_client)
        with _counted(self._connections, client):
            yield

    @contextmanager
    def request(self, client: str) -> Iterator["Ticket"]:
        """While a request is read, waits and is answered. Raises `Refusal`."""
        self._check(self._requests, client, self._limits.in_flight, self._limits.in_flight_a_client)
        ticket = Ticket(self)
        with _counted(self._requests, client):
            try:
                yield ticket
            finally:
                self._bytes -= ticket.bytes

    def grow(self, more: int) -> None:
        """Count bytes of a body. Raises `Refusal` where no more fit."""
        if self._bytes + more > self._limits.waiting_bytes:
            raise self._busy("too much is waiting")
        self._bytes += more

    def _check(self, held: "Counter[str]", client: str, most: int, most_a_client: int) -> None:
        if held[client] >= most_a_client:
            raise self._busy(f"this client has {most_a_client} open already")
        if held.total() >= most:
            raise self._busy(f"{most} are open already")

    def _busy(self, why: str) -> Refusal:
        return Refusal(429, RESOURCE_EXHAUSTED, f"busy: {why}", retry_after=self._limits.retry_after)


class Ticket:
    """A request that is in."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.bytes = 0

    def grow(self, more: int) -> None:
        """Count bytes of its body. Raises `Refusal`."""
        self._admission.grow(more)
        self.bytes += more


@contextmanager
def _counted(held: "Counter[str]", client: str) -> Iterator[None]:
    held[client] += 1
    try:
        yield
    finally:
        held[client] -= 1
        if not held[client]:
            del held[client]
