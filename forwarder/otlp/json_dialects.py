"""OTLP's JSON as telemetry, in the dialects that SDKs speak.

Source: OpenTelemetry protocol, JSON Protobuf Encoding: names in lowerCamelCase, ids in hexadecimal, enumerations as
numbers, 64-bit integers as text. Seen beside it: integers as numbers (JavaScript), ids in base64 and enumerations by
name (protobuf's own JSON). All are understood; an unknown field is ignored, as the protocol demands.
"""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

import orjson

from forwarder.ocsf.agent import LogRecord, Origin, Point, Span, Telemetry
from forwarder.otlp.numbers import number
from forwarder.otlp.refusal import LOGS, METRICS, Kind, malformed

DEEPEST = 32
"""Levels of lists and objects within a value."""
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
_LARGEST = 2**64 - 1


def parsed(kind: Kind, body: bytes) -> tuple[int, Iterator[Telemetry]]:
    """How many records the body holds, and these one by one. Raises `Refusal` (400), also while these are taken."""
    request = _object(_loaded(body), "the body")
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
        make(origin, _object(item, items)) for origin, listed in groups for item in listed
    )


def _groups(request: dict[str, Any], outer: str, inner: str, items: str) -> Iterator[tuple[Origin, list[Any]]]:
    for held in _list(request, outer):
        held = _object(held, outer)
        resource = attributes(_object(held.get("resource") or {}, "resource").get("attributes"))
        for scope in _list(held, inner):
            scope = _object(scope, inner)
            said = _object(scope.get("scope") or {}, "scope")
            name, version = _text(said, "name"), _text(said, "version")
            yield Origin(resource, name, version, attributes(said.get("attributes"))), _list(scope, items)


def _log(origin: Origin, record: dict[str, Any]) -> LogRecord:
    return LogRecord(
        origin,
        _time(record, "timeUnixNano"),
        _time(record, "observedTimeUnixNano"),
        _text(record, "eventName"),
        value(record.get("body")),
        attributes(record.get("attributes")),
        _choice(record, "severityNumber", _SEVERITIES),
        _text(record, "severityText"),
        _id(record, "traceId", 16),
        _id(record, "spanId", 8),
    )


def _span(origin: Origin, span: dict[str, Any]) -> Span:
    status = _object(span.get("status") or {}, "status")
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
        attributes(span.get("attributes")),
        [_span_event(_object(event, "events")) for event in _list(span, "events")],
        [_link(_object(link, "links")) for link in _list(span, "links")],
    )


def _span_event(event: dict[str, Any]) -> dict[str, Any]:
    told = {"name": _text(event, "name"), "time": _time(event, "timeUnixNano")}
    return told | {"attributes": attributes(event.get("attributes"))}


def _link(link: dict[str, Any]) -> dict[str, Any]:
    told = {"trace_id": _id(link, "traceId", 16), "span_id": _id(link, "spanId", 8)}
    return told | {"attributes": attributes(link.get("attributes"))}


def _metrics(request: dict[str, Any]) -> tuple[int, Iterator[Telemetry]]:
    found = [
        (origin, _object(metric, "metrics"), *_data(_object(metric, "metrics")))
        for origin, listed in _groups(request, "resourceMetrics", "scopeMetrics", "metrics")
        for metric in listed
    ]
    count = sum(len(points) for *_, points in found)
    return count, (
        _point(origin, metric, form, data, _object(point, "dataPoints"))
        for origin, metric, form, data, points in found
        for point in points
    )


def _data(metric: dict[str, Any]) -> tuple[str, dict[str, Any], list[Any]]:
    for name, form in _FORMS.items():
        if name in metric:
            data = _object(metric[name], name)
            return form, data, _list(data, "dataPoints")
    return "", {}, []


def _point(origin: Origin, metric: dict[str, Any], form: str, data: dict[str, Any], point: dict[str, Any]) -> Point:
    details = {_SNAKE.get(name, name): _plain(point[name]) for name in _DETAILS if point.get(name) is not None}
    if exemplars := _list(point, "exemplars"):
        details["exemplars"] = [_exemplar(_object(one, "exemplars")) for one in exemplars]
    return Point(
        origin,
        _text(metric, "name"),
        _text(metric, "unit"),
        form,
        _choice(data, "aggregationTemporality", _TEMPORALITIES),
        _time(point, "startTimeUnixNano"),
        _time(point, "timeUnixNano"),
        _number(point) if form in ("sum", "gauge") else None,
        attributes(point.get("attributes")),
        details,
    )


def _exemplar(one: dict[str, Any]) -> dict[str, Any]:
    told = {"time": _time(one, "timeUnixNano"), "value": _number(one)}
    told["attributes"] = attributes(one.get("filteredAttributes"))
    return told | {"trace_id": _id(one, "traceId", 16), "span_id": _id(one, "spanId", 8)}


def _number(point: dict[str, Any]) -> Any:
    if point.get("asInt") is not None:
        return _integer(point["asInt"], "asInt")
    return None if point.get("asDouble") is None else _double(point["asDouble"])


def _plain(given: Any) -> Any:
    """Figures of a histogram: text that is a whole number becomes one, at any depth that the protocol knows."""
    if given.__class__ is str:
        return int(given) if given.isascii() and given.isdigit() and len(given) < 20 else given
    if given.__class__ is list:
        return [_plain(item) for item in given]
    if given.__class__ is dict:
        return {_SNAKE.get(key, key): _plain(item) for key, item in given.items()}
    return given


def attributes(given: Any) -> dict[str, Any]:
    """Attributes as a JSON object. Of a key that comes twice, which the protocol forbids, both are kept."""
    return _attributes(given, 0)


def _attributes(given: Any, depth: int) -> dict[str, Any]:
    if given is None:
        return {}
    if given.__class__ is not list:
        raise malformed(f"attributes: a list is expected, not {_kind(given)}")
    held: dict[str, Any] = {}
    for pair in given:
        if pair.__class__ is not dict or (key := pair.get("key", "")).__class__ is not str:
            raise malformed("attributes: objects with a text `key` and a `value` are expected")
        while key in held:
            key += "\ufffd"
        held[key] = value(pair.get("value"), depth)
    return held


def value(given: Any, depth: int = 0) -> Any:
    """An `AnyValue` as a JSON value: bytes are base64 text, what is no number is text, `{}` and null are nothing."""
    if given is None:
        return None
    if given.__class__ is not dict:
        raise malformed(f'value: an object such as {{"stringValue": …}} is expected, not {_kind(given)}')
    for name, inner in given.items():
        if inner is not None and (read := _VALUES.get(name)):
            return read(inner, depth)
    return None


def _string(inner: Any, depth: int) -> str:
    if inner.__class__ is not str:
        raise malformed(f"stringValue: text is expected, not {_kind(inner)}")
    return str(inner)


def _boolean(inner: Any, depth: int) -> bool:
    if inner.__class__ is not bool:
        raise malformed(f"boolValue: true or false is expected, not {_kind(inner)}")
    return bool(inner)


def _array(inner: Any, depth: int) -> list[Any]:
    return [value(item, _deeper(depth)) for item in _list(_object(inner, "arrayValue"), "values")]


def _kvlist(inner: Any, depth: int) -> dict[str, Any]:
    return _attributes(_list(_object(inner, "kvlistValue"), "values"), _deeper(depth))


_VALUES: dict[str, Callable[[Any, int], Any]] = {
    "stringValue": _string,
    "boolValue": _boolean,
    "intValue": lambda inner, _: _integer(inner, "intValue"),
    "doubleValue": lambda inner, _: _double(inner),
    "arrayValue": _array,
    "kvlistValue": _kvlist,
    "bytesValue": _string,
}


def _deeper(depth: int) -> int:
    if depth == DEEPEST:
        raise malformed(f"value: nested deeper than {DEEPEST}")
    return depth + 1


def _integer(given: Any, name: str) -> int:
    """A whole number as number, as text or as a fraction without one."""
    if given.__class__ is int:
        return int(given)
    if given.__class__ is float and isfinite(given) and given.is_integer():
        return int(given)
    if given.__class__ is str and len(given) <= 20 and given.isascii() and given.removeprefix("-").isdigit():
        return int(given)
    raise malformed(f"{name}: a whole number is expected, not {_kind(given)}")


def _double(given: Any) -> Any:
    if given.__class__ in (int, float):
        return number(given)
    try:
        return number(float(given))
    except (TypeError, ValueError, OverflowError):
        raise malformed(f"a number is expected, not {_kind(given)}") from None


def _time(held: dict[str, Any], name: str) -> int:
    given = held.get(name)
    if given is None or given == "":
        return 0
    moment = _integer(given, name)
    if not 0 <= moment <= _LARGEST:
        raise malformed(f"{name}: nanoseconds since 1970 are expected, from 0 to 2^64-1")
    return moment


def _choice(held: dict[str, Any], name: str, words: dict[str, int]) -> int:
    """An enumeration by number or by protobuf's name."""
    given = held.get(name)
    if given is None:
        return 0
    if given.__class__ is str and not given.isdigit():
        return words.get(given, 0)
    return _integer(given, name)


def _id(held: dict[str, Any], name: str, size: int) -> str:
    """An id in hexadecimal; all zeros are none."""
    given = held.get(name)
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


def _text(held: dict[str, Any], name: str) -> str:
    given = held.get(name)
    if given is None:
        return ""
    if given.__class__ is not str:
        raise malformed(f"{name}: text is expected, not {_kind(given)}")
    return str(given)


def _list(held: dict[str, Any], name: str) -> list[Any]:
    given = held.get(name)
    if given is None:
        return []
    if given.__class__ is not list:
        raise malformed(f"{name}: a list is expected, not {_kind(given)}")
    return list(given)


def _object(given: Any, name: str) -> dict[str, Any]:
    if given.__class__ is not dict:
        raise malformed(f"{name}: an object is expected, not {_kind(given)}")
    found: dict[str, Any] = given
    return found


_WORDS = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


def _kind(given: Any) -> str:
    """What a value is, in a word; the value itself may be content."""
    return _WORDS.get(given.__class__, "nothing")
