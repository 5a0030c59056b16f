"""OTLP's JSON as telemetry, in the dialects that SDKs speak.

Source: OpenTelemetry protocol, JSON Protobuf Encoding: names in lowerCamelCase, ids in hexadecimal, enumerations as
numbers, 64-bit integers as text. Seen beside it: integers as numbers (JavaScript), ids in base64 and enumerations by
name (protobuf's own JSON). All are understood; an unknown field is ignored, as the protocol demands.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from forwarder.ocsf.agent import LogRecord, Origin, Point, Span, Telemetry
from forwarder.otlp.json_values import (
    attributes,
    choice_of,
    double,
    id_of,
    integer,
    list_of,
    object_of,
    text_of,
    time_of,
    value,
)
from forwarder.otlp.refusal import LOGS, METRICS, Kind, malformed

_FORMS = {
    "sum": "sum",
    "gauge": "gauge",
    "histogram": "histogram",
    "exponentialHistogram": "exponential_histogram",
    "summary": "summary",
}
_TEMPORALITIES = {"AGGREGATION_TEMPORALITY_DELTA": 1, "AGGREGATION_TEMPORALITY_CUMULATIVE": 2}
_STATUSES = {"STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
_KINDS = {f"SPAN_KIND_{word}": n for n, word in enumerate(("INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"), 1)}
_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_SEVERITIES = {
    f"SEVERITY_NUMBER_{word}{step or ''}": 4 * n + max(step, 1)
    for n, word in enumerate(_LEVELS)
    for step in (0, 2, 3, 4)
}
_DETAILS = (
    "count",
    "sum",
    "min",
    "max",
    "bucketCounts",
    "explicitBounds",
    "scale",
    "zeroCount",
    "positive",
    "negative",
    "quantileValues",
)
_SNAKE = {
    "bucketCounts": "bucket_counts",
    "explicitBounds": "explicit_bounds",
    "zeroCount": "zero_count",
    "quantileValues": "quantiles",
}


def parsed(kind: Kind, body: bytes) -> tuple[int, Iterator[Telemetry]]:
    """How many records the body holds, and these one by one. Raises `Refusal` (400), also while these are taken."""
    request = object_of(_loaded(body), "the body")
    if kind is LOGS:
        return _request(request, "resourceLogs", "scopeLogs", "logRecords", _log)
    if kind is METRICS:
        return _metrics(request)
    return _request(request, "resourceSpans", "scopeSpans", "spans", _span)


def _loaded(body: bytes) -> Any:
    """orjson first; what it refuses (a lone surrogate) the standard library may take."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(body, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise malformed(f"the body is no JSON: {error}") from None


def _request(
    request: dict[str, Any], outer: str, inner: str, items: str, make: Callable[[Origin, dict[str, Any]], Telemetry]
) -> tuple[int, Iterator[Telemetry]]:
    groups = list(_groups(request, outer, inner, items))
    return sum(len(listed) for _, listed in groups), (
        make(origin, object_of(item, items)) for origin, listed in groups for item in listed
    )


def _groups(request: dict[str, Any], outer: str, inner: str, items: str) -> Iterator[tuple[Origin, list[Any]]]:
    for held in list_of(request, outer):
        held = object_of(held, outer)
        resource = attributes(object_of(held.get("resource") or {}, "resource").get("attributes"))
        for scope in list_of(held, inner):
            scope = object_of(scope, inner)
            said = object_of(scope.get("scope") or {}, "scope")
            name, version = text_of(said, "name"), text_of(said, "version")
            yield Origin(resource, name, version, attributes(said.get("attributes"))), list_of(scope, items)


def _log(origin: Origin, record: dict[str, Any]) -> LogRecord:
    return LogRecord(
        origin,
        time_of(record, "timeUnixNano"),
        time_of(record, "observedTimeUnixNano"),
        text_of(record, "eventName"),
        value(record.get("body")),
        attributes(record.get("attributes")),
        choice_of(record, "severityNumber", _SEVERITIES),
        text_of(record, "severityText"),
        id_of(record, "traceId", 16),
        id_of(record, "spanId", 8),
    )


def _span(origin: Origin, span: dict[str, Any]) -> Span:
    status = object_of(span.get("status") or {}, "status")
    return Span(
        origin,
        text_of(span, "name"),
        id_of(span, "traceId", 16),
        id_of(span, "spanId", 8),
        id_of(span, "parentSpanId", 8),
        time_of(span, "startTimeUnixNano"),
        time_of(span, "endTimeUnixNano"),
        choice_of(span, "kind", _KINDS),
        choice_of(status, "code", _STATUSES),
        text_of(status, "message"),
        attributes(span.get("attributes")),
        [_span_event(object_of(event, "events")) for event in list_of(span, "events")],
        [_link(object_of(link, "links")) for link in list_of(span, "links")],
    )


def _span_event(event: dict[str, Any]) -> dict[str, Any]:
    told = {"name": text_of(event, "name"), "time": time_of(event, "timeUnixNano")}
    return told | {"attributes": attributes(event.get("attributes"))}


def _link(link: dict[str, Any]) -> dict[str, Any]:
    told = {"trace_id": id_of(link, "traceId", 16), "span_id": id_of(link, "spanId", 8)}
    return told | {"attributes": attributes(link.get("attributes"))}


def _metrics(request: dict[str, Any]) -> tuple[int, Iterator[Telemetry]]:
    found = [
        (origin, object_of(metric, "metrics"), *_data(object_of(metric, "metrics")))
        for origin, listed in _groups(request, "resourceMetrics", "scopeMetrics", "metrics")
        for metric in listed
    ]
    count = sum(len(points) for *_, points in found)
    return count, (
        _point(origin, metric, form, data, object_of(point, "dataPoints"))
        for origin, metric, form, data, points in found
        for point in points
    )


def _data(metric: dict[str, Any]) -> tuple[str, dict[str, Any], list[Any]]:
    for name, form in _FORMS.items():
        if name in metric:
            data = object_of(metric[name], name)
            return form, data, list_of(data, "dataPoints")
    return "", {}, []


def _point(origin: Origin, metric: dict[str, Any], form: str, data: dict[str, Any], point: dict[str, Any]) -> Point:
    details = {_SNAKE.get(name, name): _plain(point[name]) for name in _DETAILS if point.get(name) is not None}
    if exemplars := list_of(point, "exemplars"):
        details["exemplars"] = [_exemplar(object_of(one, "exemplars")) for one in exemplars]
    return Point(
        origin,
        text_of(metric, "name"),
        text_of(metric, "unit"),
        form,
        choice_of(data, "aggregationTemporality", _TEMPORALITIES),
        time_of(point, "startTimeUnixNano"),
        time_of(point, "timeUnixNano"),
        _number(point) if form in ("sum", "gauge") else None,
        attributes(point.get("attributes")),
        details,
    )


def _exemplar(one: dict[str, Any]) -> dict[str, Any]:
    told = {"time": time_of(one, "timeUnixNano"), "value": _number(one)}
    told["attributes"] = attributes(one.get("filteredAttributes"))
    return told | {"trace_id": id_of(one, "traceId", 16), "span_id": id_of(one, "spanId", 8)}


def _number(point: dict[str, Any]) -> Any:
    if point.get("asInt") is not None:
        return integer(point["asInt"], "asInt")
    return None if point.get("asDouble") is None else double(point["asDouble"])


def _plain(given: Any) -> Any:
    """Figures of a histogram: text that is a whole number becomes one, at any depth that the protocol knows."""
    if given.__class__ is str:
        return int(given) if given.isascii() and given.isdigit() and len(given) < 20 else given
    if given.__class__ is list:
        return [_plain(item) for item in given]
    if given.__class__ is dict:
        return {_SNAKE.get(key, key): _plain(item) for key, item in given.items()}
    return given
