"""What OTLP/HTTP fixes: the signals and their paths, the two formats of bodies, what a refused body is.

Source: OpenTelemetry protocol, OTLP/HTTP Request.
"""

from math import isfinite
from typing import Literal, NamedTuple

from forwarder.http_server import HttpError

Format = Literal["protobuf", "json"]
CONTENT_TYPES: dict[Format, str] = {"protobuf": "application/x-protobuf", "json": "application/json"}
FORMATS: dict[str, Format] = {content_type: name for name, content_type in CONTENT_TYPES.items()}


class Signal(NamedTuple):
    """A kind of telemetry: the path it is sent to, and what its partial success calls the rejected records."""

    name: str
    path: str
    rejected: str


LOGS = Signal("logs", "/v1/logs", "rejectedLogRecords")
METRICS = Signal("metrics", "/v1/metrics", "rejectedDataPoints")
TRACES = Signal("traces", "/v1/traces", "rejectedSpans")
SIGNALS = (LOGS, METRICS, TRACES)


def malformed(message: str) -> HttpError:
    """The body is not what it should be; sent again it would be no better."""
    return HttpError(400, message)


def number(value: int | float) -> int | float | str:
    """The number; one that is not finite, which JSON cannot carry, as text."""
    return value if value.__class__ is int or isfinite(value) else str(value)
