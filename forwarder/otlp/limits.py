"""How much the receiver takes, beyond what its HTTP server limits."""

from dataclasses import dataclass

from forwarder.http_server import HttpLimits

VALUES = 400_000
"""A request of 20,000 records has twenty attributes a record."""


@dataclass(frozen=True)
class OtlpLimits(HttpLimits):
    """Every limit of the receiver. Sizes in bytes, times in seconds."""

    decompressed_bytes: int = 12 * 1024 * 1024
    """Of a body after decompression."""
    ratio: int = 100
    """How many times larger a body may be than what came over the wire, beyond the first MiB."""
    records: int = 20_000
    """A request may hold."""
    values: int = VALUES
    """A request may hold: attributes, items of lists at any depth, resources, scopes. Each costs some microseconds."""
    event_bytes: int = 64 * 1024 * 1024
    """Of the events of one request: each holds its resource once more."""
    step_seconds: float = 20.0
    """Of one step of decoding. A worker that takes longer is stuck: it is abandoned, its request refused."""
    abandoned: int = 3
    """Workers that may be stuck at once; beyond it none is replaced."""
    ready_bytes: int = 16 * 1024 * 1024
    """Of events that wait for their commit; beyond it no further body is decoded."""
    commit_seconds: float = 30.0
    """Until a request is committed; it is then answered 503, and what is committed later is a duplicate."""
