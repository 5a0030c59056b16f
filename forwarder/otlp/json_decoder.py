"""OTLP's JSON as telemetry, in the dialects of the SDKs.

Source: OpenTelemetry protocol, JSON Protobuf Encoding: names in lowerCamelCase, ids in hexadecimal, enumerations as
numbers, 64-bit integers as text. Seen beside it: integers as numbers (JavaScript), ids in base64 and enumerations by
name (protobuf's own JSON). All are accepted; an unknown field is ignored, as the protocol demands.
A message of an error names the field and what it is, never the value, which may be content.
"""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import isfinite
from typing import Any, TypeVar

import orjson

from forwarder.ocsf.agent import LogRecord, Origin, Point, Span, Telemetry
from forwarder.otlp.protocol import LOGS, METRICS, Signal, malformed, number

Fields = dict[str, Any]
T = TypeVar("T")

_DEEPEST = 32
"""Levels of lists and objects within a value."""
_FORMS = {"exponentialHistogram": "exponential_histogram"} | {n: n for n in ("sum", "gauge", "histogram", "summary")}
_DETAILS = {
    "count": "count", "sum": "sum", "min": "min", "max": "max", "bucketCounts": "bucket_counts",
    "explicitBounds": "explicit_bounds", "scale": "scale", "zeroCount": "zero_count", "positive": "positive",
    "negative": "negative", "quantileValues": "quantiles",
}  # fmt: skip
_TEMPORALITIES = {"AGGREGATION_TEMPORALITY_DELTA": 1, "AGGREGATION_TEMPORALITY_CUMULATIVE": 2}
_STATUSES = {"STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
_KINDS = {f"SPAN_KIND_{word}": n for n, word in enumerate(("INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"), 1)}
_SEVERITIES = {
    f"SEVERITY_NUMBER_{word}{step or ''}": 4 * n + max(step, 1)
    for n, word in enumerate(("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"))
    for step in (0, 2, 3, 4)
}
_WORDS = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


def decode(signal: Signal, body: bytes) -> tuple[int, Iterator[Telemetry]]:
    """How many records the body holds, and these one by one. Raises `HttpError` (400), also while these are taken."""
    request = _expect(_parse(body), dict, "the body")
    if signal is LOGS:
        return _records(request, "resourceLogs", "scopeLogs", "logRecords", _log)
    if signal is METRICS:
        return _points(request)
    return _records(request, "resourceSpans", "scopeSpans", "spans", _span)


def _parse(body: bytes) -> Any:
    """orjson first; what it refuses (a lone surrogate) the standard library may accept."""
    with suppress(orjson.JSONDecodeError):
        return orjson.loads(body)
    try:
        return json.loads(body, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise malformed(f"the body is no JSON: {error}") from None


def _records(
    request: Fields, outer: str, inner: str, items: str, make: Callable[[Origin, Fields], Telemetry]
) -> tuple[int, Iterator[Telemetry]]:
    groups = list(_groups(request, outer, inner, items))
    return sum(len(listed) for _, listed in groups), (make(origin, one) for origin, listed in groups for one in listed)


def _groups(request: Fields, outer: str, inner: str, items: str) -> Iterator[tuple[Origin, list[Fields]]]:
    """The records of each scope of each resource, with where they come from."""
    for group in _objects(request, outer):
        resource = _attributes(_expect(group.get("resource") or {}, dict, "resource").get("attributes"))
        for scope_group in _objects(group, inner):
            scope = _expect(scope_group.get("scope") or {}, dict, "scope")
            origin = Origin(
                resource, _text(scope, "name"), _text(scope, "version"), _attributes(scope.get("attributes"))
            )
            yield origin, _objects(scope_group, items)


def _log(origin: Origin, record: Fields) -> LogRecord:
    return LogRecord(
        origin,
        _time(record, "timeUnixNano"),
        _time(record, "observedTimeUnixNano"),
        _text(record, "eventName"),
        _value(record.get("body"), 0),
        _attributes(record.get("attributes")),
        _choice(record, "severityNumber", _SEVERITIES),
        _text(record, "severityText"),
        _id(record, "traceId", 16),
        _id(record, "spanId", 8),
    )


def _span(origin: Origin, span: Fields) -> Span:
    status = _expect(span.get("status") or {}, dict, "status")
    return Span(
        origin,
        _text(span, "name"),
        _id(span, "traceId", 16),
        _id(span, "spanId", 8),
        _id(span, "parentSpanId", 8),
        _time(span, "startTimeUnixNano"),
        _time(span, "endTimeUnixNano"),
        _choice(span, "kind", _KINDS),
        _choice(status, "code", _STATUSES),
        _text(status, "message"),
        _attributes(span.get("attributes")),
        [
            {"name": _text(e, "name"), "time": _time(e, "timeUnixNano"), "attributes": _attributes(e.get("attributes"))}
            for e in _objects(span, "events")
        ],
        [{**_span_ids(link), "attributes": _attributes(link.get("attributes"))} for link in _objects(span, "links")],
    )


def _span_ids(given: Fields) -> Fields:
    return {"trace_id": _id(given, "traceId", 16), "span_id": _id(given, "spanId", 8)}


def _points(request: Fields) -> tuple[int, Iterator[Telemetry]]:
    metrics = [
        (origin, metric, *_data(metric))
        for origin, listed in _groups(request, "resourceMetrics", "scopeMetrics", "metrics")
        for metric in listed
    ]
    return sum(len(points) for *_, points in metrics), (
        _point(origin, metric, form, data, point) for origin, metric, form, data, points in metrics for point in points
    )


def _data(metric: Fields) -> tuple[str, Fields, list[Fields]]:
    for name, form in _FORMS.items():
        if name in metric:
            data = _expect(metric[name], dict, name)
            return form, data, _objects(data, "dataPoints")
    return "", {}, []


def _point(origin: Origin, metric: Fields, form: str, data: Fields, point: Fields) -> Point:
    details = {key: _plain(point[name]) for name, key in _DETAILS.items() if point.get(name) is not None}
    if exemplars := _objects(point, "exemplars"):
        details["exemplars"] = [_exemplar(one) for one in exemplars]
    return Point(
        origin,
        _text(metric, "name"),
        _text(metric, "unit"),
        form,
        _choice(data, "aggregationTemporality", _TEMPORALITIES),
        _time(point, "startTimeUnixNano"),
        _time(point, "timeUnixNano"),
        _number(point) if form in ("sum", "gauge") else None,
        _attributes(point.get("attributes")),
        details,
    )


def _exemplar(one: Fields) -> Fields:
    measured = {"time": _time(one, "timeUnixNano"), "value": _number(one)}
    return {**measured, "attributes": _attributes(one.get("filteredAttributes")), **_span_ids(one)}


def _number(point: Fields) -> Any:
    if point.get("asInt") is not None:
        return _integer(point["asInt"], "asInt")
    return None if point.get("asDouble") is None else _double(point["asDouble"])


def _plain(given: Any) -> Any:
    """Numbers of a histogram: text that is a whole number becomes one, at any depth that the protocol knows."""
    if given.__class__ is str:
        return int(given) if given.isascii() and given.isdigit() and len(given) < 20 else given
    if given.__class__ is list:
        return [_plain(item) for item in given]
    if given.__class__ is dict:
        return {_DETAILS.get(key, key): _plain(item) for key, item in given.items()}
    return given


def _attributes(given: Any, depth: int = 0) -> Fields:
    """Attributes as a JSON object. Of a key that comes twice, which the protocol forbids, both are kept."""
    found: Fields = {}
    for pair in () if given is None else _expect(given, list, "attributes"):
        if pair.__class__ is not dict or (key := pair.get("key", "")).__class__ is not str:
            raise malformed("attributes: objects with a text `key` and a `value` are expected")
        while key in found:
            key += "\ufffd"
        found[key] = _value(pair.get("value"), depth)
    return found


def _value(given: Any, depth: int) -> Any:
    """An `AnyValue` as a JSON value: bytes are base64 text, what is no number is text, `{}` and null are nothing."""
    if given is None:
        return None
    if depth > _DEEPEST:
        raise malformed(f"value: nested deeper than {_DEEPEST}")
    if given.__class__ is not dict:
        raise malformed(f'value: an object such as {{"stringValue": …}} is expected, not {_word(given)}')
    for name, inner in given.items():
        if inner is not None and (read := _VALUES.get(name)):
            return read(inner, depth)
    return None


_VALUES: dict[str, Callable[[Any, int], Any]] = {
    "stringValue": lambda inner, _: _expect(inner, str, "stringValue"),
    "boolValue": lambda inner, _: _expect(inner, bool, "boolValue"),
    "intValue": lambda inner, _: _integer(inner, "intValue"),
    "doubleValue": lambda inner, _: _double(inner),
    "arrayValue": lambda inner, depth: [_value(item, depth + 1) for item in _values(inner, "arrayValue")],
    "kvlistValue": lambda inner, depth: _attributes(_values(inner, "kvlistValue"), depth + 1),
    "bytesValue": lambda inner, _: _expect(inner, str, "bytesValue"),
}


def _values(given: Any, name: str) -> list[Any]:
    return _list(_expect(given, dict, name), "values")


def _integer(given: Any, name: str) -> int:
    """A whole number as number, as text or as a fraction without one."""
    if given.__class__ is int or (given.__class__ is float and isfinite(given) and given.is_integer()):
        return int(given)
    if given.__class__ is str and len(given) <= 20 and given.isascii() and given.removeprefix("-").isdigit():
        return int(given)
    raise malformed(f"{name}: a whole number is expected, not {_word(given)}")


def _double(given: Any) -> Any:
    """A number; one that is not finite as text, as OTLP's JSON writes it."""
    if given.__class__ in (int, float):
        return number(given)
    try:
        return number(float(given))
    except (TypeError, ValueError, OverflowError):
        raise malformed(f"a number is expected, not {_word(given)}") from None


def _time(fields: Fields, name: str) -> int:
    """Nanoseconds since 1970; 0 where there are none."""
    given = fields.get(name)
    if given is None or given == "":
        return 0
    time_ns = _integer(given, name)
    if not 0 <= time_ns < 2**64:
        raise malformed(f"{name}: nanoseconds since 1970 are expected, from 0 to 2^64-1")
    return time_ns


def _choice(fields: Fields, name: str, numbers: dict[str, int]) -> int:
    """An enumeration by number or by protobuf's name."""
    given = fields.get(name)
    if given is None:
        return 0
    if given.__class__ is str and not given.isdigit():
        return numbers.get(given, 0)
    return _integer(given, name)


def _id(fields: Fields, name: str, size: int) -> str:
    """An id in hexadecimal; all zeros are none."""
    given = fields.get(name)
    if not given:
        return ""
    if given.__class__ is str:
        try:
            found = bytes.fromhex(given) if len(given) == 2 * size else b64decode(given, validate=True)
        except (ValueError, Base64Error):
            found = b""
        if len(found) == size:
            return found.hex() if found.strip(b"\0") else ""
    raise malformed(f"{name}: {2 * size} hexadecimal digits are expected")


def _text(fields: Fields, name: str) -> str:
    return _expect("" if (given := fields.get(name)) is None else given, str, name)


def _list(fields: Fields, name: str) -> list[Any]:
    return _expect([] if (given := fields.get(name)) is None else given, list, name)


def _objects(fields: Fields, name: str) -> list[Fields]:
    return [_expect(item, dict, name) for item in _list(fields, name)]


def _expect(given: Any, kind: type[T], name: str) -> T:
    if given.__class__ is not kind:
        raise malformed(f"{name}: {_WORDS[kind]} is expected, not {_word(given)}")
    found: T = given
    return found


def _word(given: Any) -> str:
    """What a value is, in a word."""
    return _WORDS.get(given.__class__, "nothing")
