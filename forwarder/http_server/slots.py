"""What clients hold, each and all together: connections, requests in flight, bytes of bodies.

Invariant: what one client holds leaves room for others; beyond a limit the response is 429 with `Retry-After`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from forwarder.http_server.messages import HttpError


class Slots:
    """Counts what clients hold. Used from one thread."""

    def __init__(self, most: int, most_a_client: int, retry_after: int) -> None:
        self._most = most
        self._most_a_client = most_a_client
        self._retry_after = retry_after
        self._held: Counter[str] = Counter()
        self.taken = 0

    def full_for(self, client: str) -> bool:
        """Whether the client itself holds as much as one client may."""
        return self._held[client] >= self._most_a_client

    def full(self) -> bool:
        """Whether all clients together hold as much as they may."""
        return self.taken >= self._most

    @contextmanager
    def slot(self, client: str) -> Iterator[None]:
        """One more of the client, within the block. Raises `HttpError` (429)."""
        if self.full_for(client):
            raise HttpError(429, f"busy: this client has {self._most_a_client} open", retry_after=self._retry_after)
        if self.full():
            raise HttpError(429, f"busy: {self._most} are open", retry_after=self._retry_after)
        self._held[client] += 1
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]


class ByteBudget:
    """Counts the bytes of all bodies that are in memory. Used from one thread."""

    def __init__(self, most: int, retry_after: int) -> None:
        self._most = most
        self._retry_after = retry_after
        self._held = 0

    @contextmanager
    def counted(self) -> Iterator[Callable[[int], None]]:
        """A function that counts further bytes, which are held until the block ends. It raises `HttpError` (429)."""
        held = 0

        def count(more: int) -> None:
            nonlocal held
            if self._held + more > self._most:
                raise HttpError(429, "busy: too many bytes are waiting", retry_after=self._retry_after)
            self._held += more
            held += more

        try:
            yield count
        finally:
            self._held -= held
