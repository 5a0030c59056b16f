"""OTLP's JSON as telemetry, in the dialects of the SDKs: requests, logs, and the fields and values of all signals.

Source: OpenTelemetry protocol, JSON Protobuf Encoding: names in lowerCamelCase, ids in hexadecimal, enumerations as
numbers, 64-bit integers as text. Seen beside it: integers as numbers (JavaScript), ids in base64 and enumerations by
name (protobuf's own JSON), bytes that are no UTF-8. All are accepted; an unknown field is ignored, as the protocol
demands. A message of an error names the field and what it is, never the value, which may be content.

Invariant: a value of another type than the protocol's costs at most itself. It is kept as it came, as an attribute
under its field's name.
"""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from math import isfinite
from typing import Any, TypeVar

import orjson

from forwarder.errors import Reject
from forwarder.http_server import HttpError
from forwarder.ocsf.agent import LogRecord, Origin, Telemetry
from forwarder.ocsf.core.values import put
from forwarder.otlp import json_signals
from forwarder.otlp.limits import VALUES
from forwarder.otlp.protocol import LOGS, METRICS, Signal, malformed, number
from forwarder.records import json_text

Decoded = Iterator[Telemetry | Reject]
T = TypeVar("T")

MALFORMED = "malformed_attribute"
"""The name of an attribute without a key, or that is no object."""
_MARKS = b"{[,"
_MARKS_A_VALUE = 4
"""Of `_MARKS`, as an attribute has. Counted before parsing: an empty list is two bytes, and 64 in memory."""
_DEEPEST = 32
"""Levels of lists and objects within a value. What lies deeper is kept as its JSON text."""
_LONGEST_NUMBER = 64
"""Characters of a number that is written as text."""
_SEVERITIES = {
    f"SEVERITY_NUMBER_{word}{step or ''}": 4 * n + max(step, 1)
    for n, word in enumerate(("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"))
    for step in (0, 2, 3, 4)
}


def decode(signal: Signal, body: bytes, values: int = VALUES) -> Decoded:
    """The records of the body one by one, and the reasons for those that are none.

    Raises `HttpError`: 400 for what is no request, 413 for one that holds more than so many attributes and items.
    """
    if sum(body.count(mark) for mark in _MARKS) > values * _MARKS_A_VALUE:
        raise HttpError(413, f"the request holds more than {values} attributes and items of lists")
    request = _parse(body)
    if signal is LOGS:
        return _records(request, "resourceLogs", "scopeLogs", "logRecords", _log)
    if signal is METRICS:
        return _records(request, "resourceMetrics", "scopeMetrics", "metrics", json_signals.points)
    return _records(request, "resourceSpans", "scopeSpans", "spans", json_signals.span)


def _parse(body: bytes) -> "JsonFields":
    """orjson first; the standard library reads what it refuses: a lone surrogate, bytes that are no UTF-8.

    An integer too long for one stays text: Python's conversion takes quadratic time, and refuses thousands of digits.
    """
    try:
        request = _loaded(body)
    except (ValueError, RecursionError) as error:
        raise malformed(f"the body is no JSON: {error}") from None
    if request.__class__ is not dict:
        raise malformed("the body is no JSON object")
    return JsonFields(request)


def _loaded(body: bytes) -> Any:
    with suppress(orjson.JSONDecodeError):
        return orjson.loads(body)
    text = body.decode(json.detect_encoding(body), "replace")
    return json.loads(
        text, parse_constant=str, parse_int=lambda written: int(written) if len(written) <= 20 else written
    )


def _records(
    request: "JsonFields",
    outer: str,
    inner: str,
    items: str,
    make: Callable[[Origin, "JsonFields"], Iterable[Telemetry | Reject]],
) -> Decoded:
    """The records of each scope of each resource, with where they come from."""
    for group in request.listed(outer):
        if group.__class__ is Reject:
            yield group
            continue
        resource = group.object("resource").attributes()
        for scope_group in group.listed(inner):
            if scope_group.__class__ is Reject:
                yield scope_group
                continue
            origin = _origin(resource, scope_group.object("scope"))
            for record in scope_group.listed(items):
                yield from (record,) if record.__class__ is Reject else make(origin, record)


def _origin(resource: dict[str, Any], scope: "JsonFields") -> Origin:
    name, version = scope.text("name"), scope.text("version")
    return Origin(resource, name, version, scope.attributes())


def _log(origin: Origin, record: "JsonFields") -> tuple[LogRecord]:
    time_ns, observed_ns = record.time("timeUnixNano"), record.time("observedTimeUnixNano")
    name, body = record.text("eventName"), record.value("body")
    severity, severity_text = record.choice("severityNumber", _SEVERITIES), record.text("severityText")
    trace_id, span_id = record.id("traceId", 16), record.id("spanId", 8)
    attributes = record.attributes()
    return (
        LogRecord(origin, time_ns, observed_ns, name, body, attributes, severity, severity_text, trace_id, span_id),
    )


class JsonFields:
    """The fields of one object. What is not of the type asked for becomes a misfit."""

    __slots__ = ("_fields", "_misfits")

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields
        self._misfits: dict[str, Any] = {}

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._fields.get(name) is not None

    def text(self, name: str) -> str:
        """A text; empty where there is none."""
        given = self._fields.get(name)
        return str(given) if given.__class__ is str else self._misfit(name, "")

    def time(self, name: str) -> int:
        """Nanoseconds since 1970; 0 where there are none."""
        time_ns = _whole(given) if (given := self._fields.get(name)) != "" else 0
        return time_ns if time_ns is not None and 0 <= time_ns < 2**64 else self._misfit(name, 0)

    def choice(self, name: str, numbers: Mapping[str, int]) -> int:
        """An enumeration by number or by protobuf's name; 0 where there is none."""
        given = self._fields.get(name)
        found = numbers.get(given) if given.__class__ is str and given in numbers else _whole(given)
        return found if found is not None and abs(found) < 2**31 else self._misfit(name, 0)

    def id(self, name: str, size: int) -> str:
        """An id of `size` bytes in hexadecimal, from hexadecimal or base64. All zeros are none."""
        given = self._fields.get(name)
        if given is None or given == "":
            return ""
        found = b""
        if given.__class__ is str and len(given) <= 2 * size:
            with suppress(ValueError, Base64Error):
                found = bytes.fromhex(given) if len(given) == 2 * size else b64decode(given, validate=True)
        if len(found) != size:
            return self._misfit(name, "")
        return found.hex() if found.strip(b"\0") else ""

    def number(self, name: str) -> Any:
        """A number, or its text where it is not finite; `None` where there is none."""
        found = _number(self._fields.get(name))
        return self._misfit(name, None) if found is None else found

    def integer(self, name: str) -> int | None:
        """A whole number; `None` where there is none."""
        found = _whole(self._fields.get(name))
        return self._misfit(name, None) if found is None else found

    def value(self, name: str) -> Any:
        """An `AnyValue`."""
        return _value(self._fields.get(name))

    def plain(self, name: str) -> Any:
        """Any JSON, as it came."""
        return _plain(self._fields.get(name))

    def object(self, name: str) -> "JsonFields":
        """The fields of an object; none where there is none."""
        given = self._fields.get(name)
        return JsonFields(given if given.__class__ is dict else self._misfit(name, {}))

    def objects(self, name: str) -> "list[JsonFields]":
        """The objects of a list. Another value among them is a misfit."""
        given = self._fields.get(name)
        items = given if given.__class__ is list else self._misfit(name, [])
        if others := [item for item in items if item.__class__ is not dict]:
            self._misfits[name] = _plain(others)
        return [JsonFields(item) for item in items if item.__class__ is dict]

    def listed(self, name: str) -> Iterator[Any]:
        """The objects of a list of records, or of their groups, and a `Reject` for anything else."""
        given = self._fields.get(name)
        for item in given if given.__class__ is list else [] if given is None else ["no list"]:
            if item.__class__ is dict:
                yield JsonFields(item)
            else:
                yield Reject("not-an-object", f"{name}: a list of objects is expected")

    def attributes(self, name: str = "attributes", *others: "JsonFields") -> dict[str, Any]:
        """Attributes as an object, then the misfits so far, also those of `others`."""
        given = self._fields.get(name)
        found = _attributes(given if given.__class__ is list else self._misfit(name, []))
        for fields in (self, *others):
            for misfit, value in fields._misfits.items():
                put(found, misfit, value, {})
        return found

    def _misfit(self, name: str, instead: T) -> T:
        if (given := self._fields.get(name)) is not None:
            self._misfits[name] = _plain(given)
        return instead


def _attributes(pairs: list[Any], depth: int = 0) -> dict[str, Any]:
    """Attributes as a JSON object. Of a key that comes twice, which the protocol forbids, both are kept."""
    found: dict[str, Any] = {}
    repeated: dict[str, int] = {}
    for pair in pairs:
        key = pair.get("key", "") if pair.__class__ is dict else None
        if key.__class__ is not str:
            put(found, MALFORMED, _plain(pair, depth), repeated)
        elif key in found:
            put(found, key, _value(pair.get("value"), depth), repeated)
        else:
            found[key] = _value(pair.get("value"), depth)
    return found


def _value(given: Any, depth: int = 0) -> Any:
    """An `AnyValue` as a JSON value: bytes are base64 text, what is no number is text, `{}` and null are nothing."""
    if given.__class__ is not dict or depth > _DEEPEST:
        return _plain(given, depth)
    for name, inner in given.items():
        if name == "stringValue" and inner.__class__ is str:
            return inner
        if inner is None or name not in _VALUES:
            continue
        found = _VALUES[name](inner, depth + 1)
        return _plain(inner, depth) if found is None else found
    return None


def _plain(given: Any, depth: int = 0) -> Any:
    """Any JSON value as it came; what lies too deep as its JSON text."""
    kind = given.__class__
    if kind is not list and kind is not dict:
        return given
    if depth > _DEEPEST:
        return json_text(given)
    if kind is list:
        return [_plain(item, depth + 1) for item in given]
    return {name: _plain(item, depth + 1) for name, item in given.items()}


def _whole(given: Any) -> int | None:
    """A whole number as number, as text or as a fraction without one; `None` for anything else."""
    if given.__class__ is int or (given.__class__ is float and isfinite(given) and given.is_integer()):
        return int(given)
    if given.__class__ is str and len(given) <= 20 and given.isascii() and given.removeprefix("-").isdigit():
        return int(given)
    return None


def _number(given: Any) -> int | float | str | None:
    """A number; one that is not finite as text, as OTLP's JSON writes it; `None` for anything else."""
    if given.__class__ is str and len(given) <= _LONGEST_NUMBER:
        with suppress(ValueError):
            return number(float(given))
    return number(given) if given.__class__ in (int, float) else None


def _inner(given: Any) -> list[Any] | None:
    values = given.get("values", []) if given.__class__ is dict else None
    return values if values.__class__ is list else None


_VALUES: dict[str, Callable[[Any, int], Any]] = {
    "stringValue": _plain,
    "boolValue": _plain,
    "bytesValue": _plain,
    "intValue": lambda inner, _: _whole(inner),
    "doubleValue": lambda inner, _: _number(inner),
    "arrayValue": lambda inner, depth: None if (v := _inner(inner)) is None else [_value(item, depth) for item in v],
    "kvlistValue": lambda inner, depth: None if (pairs := _inner(inner)) is None else _attributes(pairs, depth),
}
"""What a value holds → the JSON value; `None` where it is of another type."""
