"""Makes Splunk events of HEC envelopes, with the fields that KV_MODE=json extracts.

`a.b` for members, `a{}.b` for members of array items (a multivalue for several), `true`/`false` for booleans,
numbers as the text they have in the JSON. `_indextime` is when the event was collected (`metadata.logged_time`).
Sources: Getting Data In, *Format events for HTTP Event Collector*; Knowledge Manager Manual, KV_MODE; *spath*.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.spl.errors import SplError
from tests.spl.values import Row, Scalar, multivalue, number, tidy

METADATA = ("index", "source", "sourcetype", "host")
BUILT_IN = frozenset({*METADATA, "_time", "_indextime"})


def from_envelope(envelope: Mapping[str, Any]) -> Row:
    """The event that an envelope of the HTTP Event Collector becomes. `_indextime` may be set in the envelope."""
    missing = {"time", "index", "event"} - set(envelope)
    if missing:
        raise SplError(f"a HEC envelope has no {', '.join(sorted(missing))}")
    body = envelope["event"]
    raw = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    row = _head(envelope, raw) | {name: envelope[name] for name in METADATA if name in envelope}
    for name, value in envelope.get("fields", {}).items():
        if name in row:
            raise SplError(f"the indexed field {name} is also extracted from the event")
        row[name] = multivalue(json_leaf(item) for item in (value if isinstance(value, list) else [value]))
    return row


def ocsf_envelope(
    event: Mapping[str, Any],
    *,
    index: str = "claude",
    source: str = "claude:activities",
    sourcetype: str = "ocsf:anthropic:claude",
    host: str = "api.anthropic.com",
    fields: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The HEC envelope of an OCSF event whose `time` is in milliseconds, with its indexed fields."""
    named = {"index": index, "source": source, "sourcetype": sourcetype, "host": host}
    return {"time": event["time"] / 1000, **named, "fields": dict(fields or {}), "event": event}


def _head(envelope: Mapping[str, Any], raw: str) -> Row:
    row = flatten(json.loads(raw, parse_int=str, parse_float=str)) if raw.startswith("{") else {}
    logged = number(row.get("metadata.logged_time"))
    indexed = envelope.get("_indextime", None if logged is None else logged / 1000)
    return row | {"_time": tidy(float(envelope["time"])), "_raw": raw, "_indextime": indexed}


def flatten(document: Mapping[str, Any]) -> Row:
    """The fields of a JSON object parsed with numbers as text."""
    found: dict[str, list[Scalar]] = {}
    for name, value in _leaves("", document):
        found.setdefault(name, []).append(value)
    return {name: multivalue(values) for name, values in found.items()}


def _leaves(prefix: str, node: object) -> Iterator[tuple[str, Scalar]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _leaves(f"{prefix}.{name}" if prefix else name, value)
    elif isinstance(node, list):
        for item in node:
            yield from _leaves(prefix + "{}", item)
    else:
        yield prefix, json_leaf(node)


def json_leaf(node: object) -> Scalar:
    """A JSON value as the text of a field."""
    if node is None or isinstance(node, bool):
        return {None: "null", True: "true", False: "false"}[node]
    if isinstance(node, dict | list):
        return _json(node)
    return str(node)


def _json(node: object) -> str:
    return json.dumps(node, ensure_ascii=False, separators=(",", ":"))
