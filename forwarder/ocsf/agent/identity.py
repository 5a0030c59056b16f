"""`metadata.uid` of telemetry: of what the client sent alone, so an export that is sent again gives the same.

Logs: resource, session, sequence number, name and time; where there is no session or sequence, the whole record.
Spans: trace and span. Points: resource, metric, attributes, start and end.
"""

from typing import Any

from forwarder.identity import event_uid, namespace
from forwarder.ocsf.agent.telemetry import LogRecord, Point, Span, canonical

_LOG, _SPAN, _POINT = namespace("otlp.log"), namespace("otlp.span"), namespace("otlp.point")


def log_uid(record: LogRecord, name: str) -> str:
    """The uid of a log record named `name`."""
    held = record.attributes
    session, sequence, stamp = held.get("session.id"), held.get("event.sequence"), held.get("event.timestamp")
    if session and sequence is not None:
        parts: tuple[Any, ...] = (session, str(sequence), name, stamp, record.time_ns)
    else:
        parts = (name, record.time_ns, record.severity_number, record.trace_id, record.span_id, record.body, held)
    return event_uid(_LOG, record.origin.digest + canonical(parts))


def span_uid(span: Span) -> str:
    """The uid of a span."""
    return event_uid(_SPAN, f"{span.trace_id}/{span.span_id}")


def point_uid(point: Point) -> str:
    """The uid of a data point."""
    parts = (point.metric, point.attributes, point.start_ns, point.time_ns)
    return event_uid(_POINT, point.origin.digest + canonical(parts))
