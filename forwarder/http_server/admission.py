"""Which connections are let in: they are counted, of each client and of all together.

Invariants
    What one client holds leaves room for others; beyond a limit the response is 429 with `Retry-After`.
    A connection that has sent no complete request makes room for a newer one: silent clients cannot lock others out.
    Accepting goes on whatever happens to one connection, and when no file descriptor is free.
"""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import structlog

from forwarder.http_server.exchanges import Slots, Spoken
from forwarder.http_server.messages import HttpError
from forwarder.http_server.opening import ConnectionEnded
from forwarder.http_server.rate_limit import LogRateLimit

REFUSED_AT_ONCE = 64
"""Connections beyond the limit that are answered 429; further ones are closed unanswered."""
_NO_DESCRIPTOR = frozenset({errno.EMFILE, errno.ENFILE})
_ACCEPT_PAUSE = 0.5
"""Seconds, where no connection can be accepted."""
_GIVEN_UP_AT_ONCE = 16
"""Silent connections that are closed where no file descriptor is free."""
_GIVE_UP_SECONDS = 1.0
"""For the end of a connection that makes room, which takes no time but for a fault."""
_log = structlog.get_logger()

ServeConnection = Callable[[socket.socket, str, HttpError | None, Spoken], Awaitable[None]]
"""Serves a connection of this client to its end, or answers why it is refused."""


@dataclass(eq=False)
class _Connection:
    """One that was accepted; `busy`: why it is refused. `place`: what it holds until it has ended."""

    accepted: socket.socket
    client: str
    busy: HttpError | None
    place: ExitStack
    spoken: Spoken = field(default_factory=Spoken)
    has_begun: bool = False


class ConnectionTable:
    """All connections of a server, whichever address they came to."""

    def __init__(self, connections: int, connections_a_client: int, retry_after: int) -> None:
        self._most = connections + REFUSED_AT_ONCE
        self._slots = Slots(connections, connections_a_client, retry_after)
        self._tasks: set[asyncio.Task[None]] = set()
        self._silent: dict[asyncio.Task[None], _Connection] = {}
        """Connections that may have sent no complete request yet; the oldest first."""
        self._log_limit = LogRateLimit()

    async def accept(self, listener: socket.socket, serve: ServeConnection) -> None:
        """Accept connections of a listener, each served in a task of its own, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(listener)
                await self._admit(accepted, str(address[0]), serve)
            except Exception as error:  # no file descriptor is free, or the client has gone already
                if isinstance(error, OSError) and error.errno in _NO_DESCRIPTOR:
                    self._give_up_silent(_GIVEN_UP_AT_ONCE)
                self._warn("an HTTP connection could not be accepted", str(error))
                await asyncio.sleep(_ACCEPT_PAUSE)

    async def end(self) -> None:
        """Close all connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _admit(self, accepted: socket.socket, client: str, serve: ServeConnection) -> None:
        """Serve the connection in a task of its own. Its place is taken before anything else can run."""
        try:
            await self._make_room(client)
        except asyncio.CancelledError:
            accepted.close()
            raise
        place, busy = ExitStack(), None
        try:
            place.enter_context(self._slots.slot(client))
        except HttpError as error:
            busy = error
        if len(self._tasks) >= self._most:
            place.close()
            accepted.close()
            return
        connection = _Connection(accepted, client, busy, place)
        task = asyncio.create_task(self._connected(connection, serve))
        self._tasks.add(task)
        if busy is None:
            self._silent[task] = connection
        task.add_done_callback(partial(self._ended, connection))
        await asyncio.sleep(0)  # others run before the next is accepted

    def _ended(self, connection: "_Connection", task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._silent.pop(task, None)
        connection.place.close()
        if not connection.has_begun:
            connection.accepted.close()

    async def _connected(self, connection: "_Connection", serve: ServeConnection) -> None:
        connection.has_begun = True
        try:
            await serve(connection.accepted, connection.client, connection.busy, connection.spoken)
        except ConnectionEnded:
            pass
        except Exception as error:
            if (held_back := self._log_limit.admit(type(error).__name__)) is not None:
                _log.exception("an HTTP connection ended by a fault of the server", held_back=held_back)

    async def _make_room(self, client: str) -> None:
        """While there is none: close the oldest silent connection, of the same client if that holds its share."""
        while (own := self._slots.full_for(client)) or self._slots.full():
            silent = next((task for task, holder in self._still_silent() if holder == client or not own), None)
            if silent is None:
                return
            del self._silent[silent]
            silent.cancel()
            await asyncio.wait([silent], timeout=_GIVE_UP_SECONDS)

    def _give_up_silent(self, most: int) -> None:
        for task, _ in self._still_silent()[:most]:
            del self._silent[task]
            task.cancel()

    def _still_silent(self) -> list[tuple[asyncio.Task[None], str]]:
        """Those that have sent no complete request, with their clients; the others are forgotten."""
        self._silent = {task: one for task, one in self._silent.items() if not one.spoken.is_set()}
        return [(task, one.client) for task, one in self._silent.items()]

    def _warn(self, event: str, reason: str) -> None:
        if (held_back := self._log_limit.admit(event)) is not None:
            _log.warning(event, reason=reason, held_back=held_back)
