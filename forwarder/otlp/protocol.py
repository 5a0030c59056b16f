"""What OTLP fixes: the signals, their paths and services, the two formats of bodies, what a refused body is.

Source: OpenTelemetry protocol, OTLP/HTTP Request and OTLP/gRPC.
"""

from math import isfinite
from typing import Literal, NamedTuple

from forwarder.http_server import HttpError

Format = Literal["protobuf", "json"]
CONTENT_TYPES: dict[Format, str] = {"protobuf": "application/x-protobuf", "json": "application/json"}
FORMATS: dict[str, Format] = {content_type: name for name, content_type in CONTENT_TYPES.items()}


class Signal(NamedTuple):
    """A kind of telemetry: the path it is sent to by HTTP and by gRPC, and what a partial success calls its records."""

    name: str
    path: str
    grpc_path: str
    rejected: str


def _signal(name: str, service: str, rejected: str) -> Signal:
    package, _, _ = service.lower().partition("service")
    grpc_path = f"/opentelemetry.proto.collector.{package}.v1.{service}/Export"
    return Signal(name, f"/v1/{name}", grpc_path, rejected)


LOGS = _signal("logs", "LogsService", "rejectedLogRecords")
METRICS = _signal("metrics", "MetricsService", "rejectedDataPoints")
TRACES = _signal("traces", "TraceService", "rejectedSpans")
SIGNALS = (LOGS, METRICS, TRACES)


def malformed(message: str) -> HttpError:
    """The body is not what it should be; sent again it would be no better."""
    return HttpError(400, message)


def number(value: int | float) -> int | float | str:
    """The number; one that is not finite, which JSON cannot carry, as text."""
    return value if value.__class__ is int or isfinite(value) else str(value)
