"""Reading a HEC body: concatenated JSON envelopes, and which of them is the first one wrong.

Source: help.splunk.com "Format events for HTTP Event Collector".
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


class Batch(NamedTuple):
    """The good envelopes at the front of a body; `code` is why the rest was not taken (0: there is no rest)."""

    envelopes: list[Any]
    code: int


def read(raw: bytes, indexes: frozenset[str]) -> Batch:
    """The envelopes up to the first one that Splunk would refuse. `indexes` are those the token may write."""
    envelopes, code = _parse(raw)
    for number, envelope in enumerate(envelopes):
        if wrong := _wrong(envelope, indexes):
            return Batch(envelopes[:number], wrong)
    return Batch(envelopes, code)


def _parse(raw: bytes) -> tuple[list[Any], int]:
    # A raw newline cannot stand inside a JSON string, so this joins envelopes and touches nothing else.
    try:
        parsed = orjson.loads(b"[" + raw.strip().replace(b"}\n{", b"},\n{") + b"]")
    except orjson.JSONDecodeError:
        return _parse_one_by_one(raw)
    return (parsed[0] if len(parsed) == 1 and isinstance(parsed[0], list) else parsed), 0


def _parse_one_by_one(raw: bytes) -> tuple[list[Any], int]:
    text, at = raw.decode("utf-8", "replace"), 0
    found: list[Any] = []
    while True:
        while at < len(text) and text[at] in _SPACE:
            at += 1
        if at == len(text):
            return found, 0
        try:
            envelope, at = _DECODER.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            return found, 6
        found.append(envelope)


def _wrong(envelope: Any, indexes: frozenset[str]) -> int:
    """The code for which this envelope is refused, 0 for a good one."""
    if not isinstance(envelope, dict):
        return 6
    event = envelope.get("event")
    if event is None:
        return 12
    if event in ("", {}):
        return 13
    index = envelope.get("index")
    if index is not None and index not in indexes:
        return 7
    return _wrong_time(envelope.get("time")) or _wrong_fields(envelope.get("fields"))


def _wrong_time(time: Any) -> int:
    if time is None:
        return 0
    try:
        return 0 if not isinstance(time, bool) and float(time) >= 0 else 6
    except (TypeError, ValueError):
        return 6


def _wrong_fields(fields: Any) -> int:
    if fields is None:
        return 0
    if not isinstance(fields, dict):
        return 6
    return 15 if any(isinstance(value, dict) for value in fields.values()) else 0


def uid_of(event: Any) -> str:
    """`metadata.uid` of an event, `""` where there is none."""
    try:
        return str(event["metadata"]["uid"])
    except (KeyError, TypeError):
        return ""


def poisoned(batch: Batch, settings: Mapping[str, Any]) -> Batch:
    """The batch as a server sees it that refuses one event, with the code of the setting `code` (6).

    The event is the one of the setting `number` (0-based), or the first that holds the text `contains`.
    With `numbered` false the refusal has no number, and nothing of the batch is taken.
    """
    number = next((n for n, one in enumerate(batch.envelopes) if _is_poison(n, one, settings)), None)
    if number is None:
        return batch
    kept = batch.envelopes[:number] if settings.get("numbered", True) else []
    return Batch(kept, int(settings.get("code", 6)))


def _is_poison(number: int, envelope: Any, settings: Mapping[str, Any]) -> bool:
    text = settings.get("contains")
    return number == settings.get("number") or (text is not None and text in orjson.dumps(envelope).decode())
