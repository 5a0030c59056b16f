"""How much the receiver takes, beyond what its HTTP server limits."""

from dataclasses import dataclass

from forwarder.http_server import HttpLimits


@dataclass(frozen=True)
class OtlpLimits(HttpLimits):
    """Every limit of the receiver. Sizes in bytes, times in seconds."""

    decompressed_bytes: int = 12 * 1024 * 1024
    """Of a body after decompression."""
    ratio: int = 100
    """How many times larger a body may be than what came over the wire, beyond the first MiB."""
    records: int = 20_000
    """A request may hold."""
    ready_bytes: int = 16 * 1024 * 1024
    """Of events that wait for their commit; beyond it no further body is decoded."""
    commit_seconds: float = 30.0
    """Until a request is committed; it is then answered 503, and what is committed later is a duplicate."""
