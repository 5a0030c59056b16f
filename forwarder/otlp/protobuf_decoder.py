"""OTLP's binary protobuf as telemetry.

Requests of logs, metrics and traces are built alike: resources (field 1) with their resource (1) and scopes (2), these
with their scope (1) and records (2). A record is decoded when its turn comes.

Source: opentelemetry-proto 1.x, collector/*/v1, logs.proto, trace.proto, metrics.proto, common.proto.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as LogMessage
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric as MetricMessage
from opentelemetry.proto.resource.v1.resource_pb2 import Resource as ResourceMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage

from forwarder.errors import Reject
from forwarder.ocsf.agent import LogRecord, Origin, Point, Span, Telemetry
from forwarder.ocsf.core.values import put
from forwarder.otlp.limits import VALUES
from forwarder.otlp.protobuf_wire import LENGTH, BrokenMessage, Budget, count_fields, wire_fields, with_valid_text
from forwarder.otlp.protocol import LOGS, METRICS, TRACES, Signal, malformed, number

Decoded = Iterator[Telemetry | Reject]
_Place = tuple[int, int]
"""Where a message begins and ends in the body."""

_FORMS = ("sum", "gauge", "histogram", "exponential_histogram", "summary")
_UNREADABLE = Reject("unreadable", "a record is no message of its kind")
_COUNTED_BYTES = 64 * 1024
"""Of a record; a smaller one cannot hold so much that it must be counted before it is decoded."""


def decode(signal: Signal, body: bytes, values: int = VALUES) -> Decoded:
    """The records of the body one by one, and the reasons for those that are none.

    Raises `HttpError`: 400 for what is no request, 413 for one that holds more than so many attributes and items.
    """
    try:
        yield from _records(signal, body, Budget(values))
    except BrokenMessage as error:
        raise malformed(f"the body is no {signal.name} in protobuf: {error}") from None


def _records(signal: Signal, body: bytes, budget: Budget) -> Decoded:
    message_type, make = _RECORDS[signal]
    for resource_group in _split(body, (0, len(body)), budget)[0]:
        resource, scope_groups = _split(body, resource_group, budget)
        held = _decoded(ResourceMessage, _joined(body, resource), budget)
        attributes = _attributes(held.attributes, budget) if held else {}
        for scope_group in scope_groups:
            scope, records = _split(body, scope_group, budget)
            origin = _origin(attributes, _decoded(InstrumentationScope, _joined(body, scope), budget), budget)
            for start, end in records:
                record = _decoded(message_type, body[start:end], budget)
                yield from (_UNREADABLE,) if record is None else make(origin, record, budget)


def _split(body: bytes, within: _Place, budget: Budget) -> tuple[list[_Place], list[_Place]]:
    """The messages in the fields 1 and 2 of a message."""
    found: tuple[list[_Place], list[_Place]] = ([], [])
    for field in wire_fields(body, *within):
        budget.spend(1)
        if field.kind == LENGTH and field.number in (1, 2):
            found[field.number - 1].append((field.start, field.end))
    return found


def _joined(body: bytes, places: list[_Place]) -> bytes:
    """One message: protobuf puts one that comes in several fields together."""
    return b"".join(body[start:end] for start, end in places)


def _decoded(message_type: Any, data: bytes, budget: Budget) -> Any:
    """The message, whatever text is in it; `None` where it is none. Raises `HttpError` (413)."""
    try:
        if len(data) > _COUNTED_BYTES:
            count_fields(message_type.DESCRIPTOR, data, 0, len(data), budget)
        try:
            return message_type.FromString(data)
        except DecodeError:  # bytes that are no UTF-8, deep nesting, or no such message
            return message_type.FromString(with_valid_text(message_type.DESCRIPTOR, data, budget))
    except (DecodeError, BrokenMessage):
        return None


def _origin(resource: dict[str, Any], scope: Any, budget: Budget) -> Origin:
    if scope is None:
        return Origin(resource)
    return Origin(resource, scope.name, scope.version, _attributes(scope.attributes, budget))


def _log(origin: Origin, record: Any, budget: Budget) -> tuple[LogRecord]:
    made = LogRecord(
        origin,
        record.time_unix_nano,
        record.observed_time_unix_nano,
        record.event_name,
        _value(record.body, budget),
        _attributes(record.attributes, budget),
        record.severity_number,
        record.severity_text,
        _id(record.trace_id),
        _id(record.span_id),
    )
    return (made,)


def _span(origin: Origin, span: Any, budget: Budget) -> tuple[Span]:
    budget.spend(len(span.events) + len(span.links))
    made = Span(
        origin,
        span.name,
        _id(span.trace_id),
        _id(span.span_id),
        _id(span.parent_span_id),
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.kind,
        span.status.code,
        span.status.message,
        _attributes(span.attributes, budget),
        [
            {"name": e.name, "time": e.time_unix_nano, "attributes": _attributes(e.attributes, budget)}
            for e in span.events
        ],
        [{**_span_ids(link), "attributes": _attributes(link.attributes, budget)} for link in span.links],
    )
    return (made,)


def _span_ids(given: Any) -> dict[str, str]:
    return {"trace_id": _id(given.trace_id), "span_id": _id(given.span_id)}


def _points(origin: Origin, metric: Any, budget: Budget) -> Iterator[Point]:
    form = metric.WhichOneof("data")
    if form in _FORMS:
        data = getattr(metric, form)
        budget.spend(len(data.data_points))
        for point in data.data_points:
            yield _point(origin, metric, form, point, budget)


def _point(origin: Origin, metric: Any, form: str, point: Any, budget: Budget) -> Point:
    return Point(
        origin,
        metric.name,
        metric.unit,
        form,
        getattr(getattr(metric, form), "aggregation_temporality", 0),
        point.start_time_unix_nano,
        point.time_unix_nano,
        _number(point) if form in ("sum", "gauge") else None,
        _attributes(point.attributes, budget),
        _details(point, form, budget),
    )


def _number(point: Any) -> Any:
    which = point.WhichOneof("value")
    return number(getattr(point, which)) if which else None


def _details(point: Any, form: str, budget: Budget) -> dict[str, Any]:
    """The numbers of a histogram or summary, and exemplars."""
    details: dict[str, Any] = {}
    if form not in ("sum", "gauge"):
        details["count"] = point.count
        if form == "summary" or point.HasField("sum"):
            details["sum"] = number(point.sum)
    if form in ("histogram", "exponential_histogram"):
        details |= {name: number(getattr(point, name)) for name in ("min", "max") if point.HasField(name)}
    if form == "histogram":
        details |= {"bucket_counts": _numbers(point.bucket_counts, budget)}
        details |= {"explicit_bounds": _numbers(point.explicit_bounds, budget)}
    elif form == "exponential_histogram":
        details |= {"scale": point.scale, "zero_count": point.zero_count}
        for side in ("positive", "negative"):
            buckets = getattr(point, side)
            details[side] = {"offset": buckets.offset, "bucket_counts": _numbers(buckets.bucket_counts, budget)}
    elif form == "summary":
        budget.spend(len(point.quantile_values))
        details["quantiles"] = [
            {"quantile": number(q.quantile), "value": number(q.value)} for q in point.quantile_values
        ]
    exemplars = getattr(point, "exemplars", ())
    budget.spend(len(exemplars))
    return details | ({"exemplars": [_exemplar(one, budget) for one in exemplars]} if exemplars else {})


def _exemplar(one: Any, budget: Budget) -> dict[str, Any]:
    attributes = _attributes(one.filtered_attributes, budget)
    return {"time": one.time_unix_nano, "value": _number(one), "attributes": attributes, **_span_ids(one)}


def _numbers(values: Any, budget: Budget) -> list[Any]:
    budget.spend(len(values))
    return [number(one) for one in values]


def _attributes(pairs: Any, budget: Budget) -> dict[str, Any]:
    """Attributes as a JSON object. Of a key that comes twice, which the protocol forbids, both are kept."""
    budget.spend(len(pairs))
    found: dict[str, Any] = {}
    repeated: dict[str, int] = {}
    for pair in pairs:
        key = pair.key
        if key in found:
            put(found, key, _value(pair.value, budget), repeated)
        else:
            found[key] = _value(pair.value, budget)
    return found


def _value(given: Any, budget: Budget) -> Any:
    """An `AnyValue` as a JSON value: bytes are base64 text, what is no number is text."""
    which = given.WhichOneof("value")
    if which == "string_value":
        return given.string_value
    if which is None:
        return None
    if which in ("int_value", "bool_value"):
        return getattr(given, which)
    if which == "double_value":
        return number(given.double_value)
    if which == "array_value":
        budget.spend(len(given.array_value.values))
        return [_value(item, budget) for item in given.array_value.values]
    if which == "kvlist_value":
        return _attributes(given.kvlist_value.values, budget)
    return b64encode(given.bytes_value).decode() if which == "bytes_value" else None


def _id(given: bytes) -> str:
    """An id in hexadecimal; all zeros are none."""
    return given.hex() if given.strip(b"\0") else ""


_RECORDS: dict[Signal, tuple[Any, Callable[[Origin, Any, Budget], Iterable[Telemetry]]]] = {
    LOGS: (LogMessage, _log),
    METRICS: (MetricMessage, _points),
    TRACES: (SpanMessage, _span),
}
"""The message of a record, and what becomes of it."""
