"""How much the receiver takes from one client and from all together."""

from typing import NamedTuple


class Limits(NamedTuple):
    """Every bound of the receiver. Sizes in bytes, times in seconds."""

    header_bytes: int = 16 * 1024
    """Of a request's line and headers together."""
    body_bytes: int = 8 * 1024 * 1024
    """Of a body as it comes over the wire."""
    inflated_bytes: int = 12 * 1024 * 1024
    """Of a body when its compression is undone."""
    ratio: int = 100
    """How many times larger a body may be than what came over the wire, beyond the first MiB."""
    records: int = 20_000
    """A request may hold."""
    waiting_bytes: int = 32 * 1024 * 1024
    """Bodies being read or waiting, of all clients."""
    ready_bytes: int = 16 * 1024 * 1024
    """Of events that wait for their commit; beyond it no further body is opened."""
    in_flight: int = 128
    """Requests being read or waiting, of all clients."""
    in_flight_a_client: int = 16
    connections: int = 1024
    connections_a_client: int = 128
    head_seconds: float = 10.0
    """Until a request's head has come whole; also how long a connection may idle is `idle_seconds`."""
    idle_seconds: float = 75.0
    """Between two requests of a connection. Exporters send each 5 s to 60 s."""
    body_seconds: float = 20.0
    """Until a body has come whole."""
    commit_seconds: float = 30.0
    """Until a request is committed; it is then answered 503, and what is committed later is a duplicate."""
    retry_after: int = 5
    """Told to clients that are to come again."""
