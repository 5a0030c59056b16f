"""What a telemetry request holds, free of its wire format. Times in nanoseconds since 1970-01-01 UTC, 0: not given.

Source: OpenTelemetry protocol 1.x, logs.proto, trace.proto, metrics.proto. Attribute values are JSON values; bytes are
their base64 text.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

_SORTED = orjson.OPT_SORT_KEYS


class Origin:
    """Where records come from: a resource and an instrumentation scope, shared by all their records."""

    __slots__ = ("attributes", "digest", "resource", "scope", "seen", "version")

    def __init__(
        self,
        resource: Mapping[str, Any],
        scope: str = "",
        version: str = "",
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        self.resource = resource
        self.scope = scope
        """Name of the scope, such as `com.anthropic.claude_code.events`."""
        self.version = version
        self.attributes = attributes or {}
        """Of the scope."""
        self.digest = canonical(resource)
        """The resource as one text, whatever the order of its attributes."""
        self.seen: Any = None
        """What the mapping has made of it: the same for all its records."""


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
    """32 hexadecimal digits, or nothing; `span_id`: 16."""
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
    """What a histogram or summary has instead of a value, and exemplars."""


Telemetry = LogRecord | Span | Point


def canonical(value: Any) -> str:
    """A value as one text, equal for equal values."""
    try:
        return orjson.dumps(value, option=_SORTED).decode()
    except orjson.JSONEncodeError:  # an integer beyond 64 bits, a lone surrogate, deep nesting
        return repr(sorted(value.items()) if isinstance(value, Mapping) else value)
