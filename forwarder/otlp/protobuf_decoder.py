"""OTLP's binary protobuf as telemetry.

Source: opentelemetry-proto 1.x, collector/*/v1, logs.proto, trace.proto, metrics.proto, common.proto.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from forwarder.ocsf.agent import LogRecord, Origin, Point, Span, Telemetry
from forwarder.otlp.protocol import LOGS, METRICS, Signal, malformed, number

_FORMS = ("sum", "gauge", "histogram", "exponential_histogram", "summary")
_Decoded = tuple[int, Iterator[Telemetry]]


def decode(signal: Signal, body: bytes) -> _Decoded:
    """How many records the body holds, and these one by one. Raises `HttpError` (400) for what is no such message."""
    if signal is LOGS:
        logs = _message(ExportLogsServiceRequest, body).resource_logs
        return _records(((origin, scope.log_records) for origin, scope in _scopes(logs, "scope_logs")), _log)
    if signal is METRICS:
        return _points(_message(ExportMetricsServiceRequest, body))
    spans = _message(ExportTraceServiceRequest, body).resource_spans
    return _records(((origin, scope.spans) for origin, scope in _scopes(spans, "scope_spans")), _span)


def _message(message_type: Any, body: bytes) -> Any:
    try:
        return message_type.FromString(body)
    except DecodeError as error:
        raise malformed(f"the body is no {message_type.DESCRIPTOR.name}: {error}") from None


def _scopes(resources: Any, inner: str) -> Iterator[tuple[Origin, Any]]:
    """Each scope of each resource, with where its records come from."""
    for group in resources:
        resource = _attributes(group.resource.attributes)
        for scope_group in getattr(group, inner):
            scope = scope_group.scope
            yield Origin(resource, scope.name, scope.version, _attributes(scope.attributes)), scope_group


def _records(groups: Iterable[tuple[Origin, Any]], make: Callable[[Origin, Any], Telemetry]) -> _Decoded:
    groups = list(groups)
    return sum(len(listed) for _, listed in groups), (make(origin, one) for origin, listed in groups for one in listed)


def _log(origin: Origin, record: Any) -> LogRecord:
    return LogRecord(
        origin,
        record.time_unix_nano,
        record.observed_time_unix_nano,
        record.event_name,
        _value(record.body),
        _attributes(record.attributes),
        record.severity_number,
        record.severity_text,
        _id(record.trace_id),
        _id(record.span_id),
    )


def _span(origin: Origin, span: Any) -> Span:
    return Span(
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
        _attributes(span.attributes),
        [{"name": e.name, "time": e.time_unix_nano, "attributes": _attributes(e.attributes)} for e in span.events],
        [
            {"trace_id": _id(link.trace_id), "span_id": _id(link.span_id), "attributes": _attributes(link.attributes)}
            for link in span.links
        ],
    )


def _points(message: Any) -> _Decoded:
    metrics = [
        (origin, metric, *_data(metric))
        for origin, scope in _scopes(message.resource_metrics, "scope_metrics")
        for metric in scope.metrics
    ]
    count = sum(len(points) for *_, points in metrics)
    return count, (_point(origin, metric, form, point) for origin, metric, form, points in metrics for point in points)


def _data(metric: Any) -> tuple[str, Any]:
    form = metric.WhichOneof("data") or ""
    return (form, getattr(metric, form).data_points) if form in _FORMS else ("", ())


def _point(origin: Origin, metric: Any, form: str, point: Any) -> Point:
    return Point(
        origin,
        metric.name,
        metric.unit,
        form,
        getattr(getattr(metric, form), "aggregation_temporality", 0),
        point.start_time_unix_nano,
        point.time_unix_nano,
        _number(point) if form in ("sum", "gauge") else None,
        _attributes(point.attributes),
        _details(point, form),
    )


def _number(point: Any) -> Any:
    which = point.WhichOneof("value")
    return number(getattr(point, which)) if which else None


def _details(point: Any, form: str) -> dict[str, Any]:
    """The numbers of a histogram or summary, and exemplars."""
    details: dict[str, Any] = {}
    if form not in ("sum", "gauge"):
        details["count"] = point.count
        if form == "summary" or point.HasField("sum"):
            details["sum"] = number(point.sum)
    if form in ("histogram", "exponential_histogram"):
        details |= {name: number(getattr(point, name)) for name in ("min", "max") if point.HasField(name)}
    if form == "histogram":
        details |= {"bucket_counts": list(point.bucket_counts), "explicit_bounds": _numbers(point.explicit_bounds)}
    elif form == "exponential_histogram":
        details |= {"scale": point.scale, "zero_count": point.zero_count}
        for side in ("positive", "negative"):
            buckets = getattr(point, side)
            details[side] = {"offset": buckets.offset, "bucket_counts": list(buckets.bucket_counts)}
    elif form == "summary":
        details["quantiles"] = [
            {"quantile": number(q.quantile), "value": number(q.value)} for q in point.quantile_values
        ]
    exemplars = [_exemplar(one) for one in getattr(point, "exemplars", ())]
    return details | ({"exemplars": exemplars} if exemplars else {})


def _exemplar(one: Any) -> dict[str, Any]:
    measured = {"time": one.time_unix_nano, "value": _number(one), "attributes": _attributes(one.filtered_attributes)}
    return measured | {"trace_id": _id(one.trace_id), "span_id": _id(one.span_id)}


def _numbers(values: Iterable[float]) -> list[Any]:
    return [number(one) for one in values]


def _attributes(pairs: Any) -> dict[str, Any]:
    """Attributes as a JSON object. Of a key that comes twice, which the protocol forbids, both are kept."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key = pair.key
        while key in found:
            key += "\ufffd"
        found[key] = _value(pair.value)
    return found


def _value(given: Any) -> Any:
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
        return [_value(item) for item in given.array_value.values]
    if which == "kvlist_value":
        return _attributes(given.kvlist_value.values)
    return b64encode(given.bytes_value).decode() if which == "bytes_value" else None


def _id(given: bytes) -> str:
    """An id in hexadecimal; all zeros are none."""
    return given.hex() if given.strip(b"\0") else ""
