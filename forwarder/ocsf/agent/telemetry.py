"""The records of a telemetry request, free of the wire format. Times in ns since 1970-01-01 UTC, 0: not given.

Source: OpenTelemetry protocol 1.x, logs.proto, trace.proto, metrics.proto. Attribute values are JSON values; bytes are
their base64 text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(slots=True, eq=False)
class Origin:
    """A resource and an instrumentation scope, shared by all their records."""

    resource: Mapping[str, Any]
    scope: str = ""
    """Name of the scope, such as `com.anthropic.claude_code.events`."""
    version: str = ""
    """Of the scope."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Of the scope."""
    known: Any = None
    """Cache of `origins.known_origin`."""


class LogRecord(NamedTuple):
    """One log record."""

    origin: Origin
    time_ns: int
    observed_ns: int
    name: str
    """The field `event_name`, which not every SDK sends."""
    body: Any
    attributes: dict[str, Any]
    severity_number: int = 0
    severity_text: str = ""
    trace_id: str = ""
    """32 hexadecimal digits or empty; `span_id`: 16."""
    span_id: str = ""


class Span(NamedTuple):
    """One span that has ended."""

    origin: Origin
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    start_ns: int
    end_ns: int
    kind: int
    status: int
    """0 unset, 1 ok, 2 error."""
    status_message: str
    attributes: dict[str, Any]
    events: list[dict[str, Any]]
    """`{"name", "time", "attributes"}`, times in nanoseconds."""
    links: list[dict[str, Any]]
    """`{"trace_id", "span_id", "attributes"}`."""


class Point(NamedTuple):
    """One data point of a metric."""

    origin: Origin
    metric: str
    unit: str
    form: str
    """`sum`, `gauge`, `histogram`, `exponential_histogram` or `summary`."""
    temporality: int
    """1 delta, 2 cumulative, 0 where the form has none."""
    start_ns: int
    time_ns: int
    value: int | float | None
    """Of a sum or gauge."""
    attributes: dict[str, Any]
    details: dict[str, Any]
    """The fields of a histogram or summary, which has no value, and exemplars."""


Telemetry = LogRecord | Span | Point
