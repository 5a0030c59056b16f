"""Values of a source as OCSF's types: clean JSON, texts, IP and e-mail addresses, timestamps, whole numbers.

Invariant: cleaning is total and lossless. Lone surrogates are replaced, integers beyond 64 bits and non-finite floats
become strings, a value nested too deep for a JSON writer becomes its own JSON text. Only nulls and empty strings are
left out.

Invariants of the time of a record that a client sends, whose clock may be wrong by accident or on purpose:
    No record is refused for its time, for it would leave the audit.
    It is from `LATE_MS` before the receipt to `AHEAD_MS` after it.
    Where it is that of the receipt, the event has the label `RECEIPT_LABEL`, and the client's time beside it.
"""

import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

from forwarder.records import digits, json_text

MAX_DEPTH = 96
MAX_LONG = 2**63 - 1
"""The largest `long_t`."""
AHEAD_MS = 3_600_000
"""How far a client's clock may be ahead of the receiver's. What has been received has happened, so an hour is much."""
LATE_MS = 7 * 86_400_000
"""How late a record may come: a laptop that slept for a week sends what it had collected before."""
EARLIEST_MS = 1_577_836_800_000
"""2020-01-01: no Claude product is older. Where a sum begins, which may be long before it is sent."""
RECEIPT_LABEL = "time:receipt"
SEPARATOR = "\ufffd"
"""Stands between a name that comes more than once and its number."""
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
_EMAIL = re.compile(r"[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+")
_MAX_IP_LENGTH, _MAX_EMAIL_LENGTH = 40, 320
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RecordTime(NamedTuple):
    """The time of a record in ms. A log record starts and ends at once."""

    start_ms: int
    end_ms: int
    labels: tuple[str, ...] = ()
    original: str | None = None
    """The client's time, in RFC 3339, where it is not the record's."""
    client: dict[str, str] | None = None
    """The client's start and end, for a record that has both."""


def text(value: str) -> str:
    """The string with lone surrogates replaced, as `identity.event_uid` does."""
    return value.encode("utf-8", "replace").decode()


def clean(value: Any, depth: int = 0) -> Any:
    """The value without nulls and empty strings; `None` when nothing is left of it."""
    kind = value.__class__
    if kind is str:
        return (value if value.isascii() else text(value)) or None
    if kind is bool:
        return value
    if kind is int:
        return value if _SMALLEST <= value <= _LARGEST else digits(value)
    if kind is float:
        return value if isfinite(value) else str(value)
    if kind is dict or kind is list:
        return _clean_container(value, depth)
    return None if value is None else text(str(value))


def clean_object(value: dict[Any, Any], depth: int = 0) -> dict[str, Any]:
    """The object without nulls and empty strings. Names that become equal are kept apart as `put` does."""
    kept: dict[str, Any] = {}
    repeated: dict[str, int] = {}
    for name, item in value.items():
        item = clean(item, depth + 1)
        if item is None:
            continue
        put(kept, text(str(name)), item, repeated)
    return kept


def put(found: dict[str, Any], name: str, value: Any, repeated: dict[str, int]) -> None:
    """Sets `name` or, where it is taken, `name` with a separator and from the third on a number: all values are kept.

    `repeated` belongs to `found` and counts. No taken name is tried twice, so that a name that is repeated all over an
    object costs no more than as many different ones.
    """
    if name in found:
        base, number = name, repeated.get(name, 1)
        while name in found:
            number += 1
            name = f"{base}{SEPARATOR}{number if number > 2 else ''}"
        repeated[base] = number
    found[name] = value


def take_text(rest: dict[str, Any], name: str) -> str | None:
    """A field's text, taken out of `rest`; `None` for an empty one. A value of another type stays."""
    value = rest.get(name)
    if value.__class__ is not str:
        return None
    del rest[name]
    return value or None


def take_first_text(rest: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """The text of the first of these fields that holds one, taken out of `rest`."""
    for name in names:
        value = rest.get(name)
        if value.__class__ is str and value:
            del rest[name]
            return str(value)
    return None


def first_text(fields: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    """The text of the first of these fields that holds one."""
    for name in names:
        value = fields.get(name)
        if value.__class__ is str and value:
            return str(value)
    return None


def is_ip(value: str) -> bool:
    """Whether OCSF 1.8.0 accepts `value` as `ip_t`: an IPv4 or IPv6 address without a zone."""
    return len(value) <= _MAX_IP_LENGTH and _is_ip(value)


def is_email(value: str) -> bool:
    """Whether OCSF 1.8.0 accepts `value` as `email_t`, by the schema's own expression."""
    return len(value) <= _MAX_EMAIL_LENGTH and _is_email(value)


def milliseconds(value: Any) -> int | None:
    """An RFC 3339 time in ms since 1970-01-01 UTC, truncated; `None` if it is no time with a zone."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return None if time.tzinfo is None else (time - _EPOCH) // timedelta(milliseconds=1)


def nanoseconds_to_ms(time_ns: int) -> int:
    """Nanoseconds as milliseconds. 0 (not given) stays 0, and no other value becomes 0."""
    return time_ns // 1_000_000 or min(time_ns, 1)


def instant(given: tuple[int, ...], received_ms: int) -> RecordTime:
    """By the first of these times (0: not given) that can be true."""
    for time_ms in given:
        if _can_be_true(time_ms, received_ms):
            return RecordTime(time_ms, time_ms)
    first = next((time_ms for time_ms in given if time_ms), None)
    return RecordTime(received_ms, received_ms, (RECEIPT_LABEL,), None if first is None else rfc3339(first))


def interval(start_ms: int, end_ms: int, received_ms: int, *, by_end: bool = False) -> RecordTime:
    """Of a record that lasted; its time is its start, or its end (`by_end`), when it may have started long before.

    Where that cannot be true it is moved as a whole, so that it ends when it was received.
    """
    start, end = start_ms or end_ms, end_ms or start_ms
    earliest = EARLIEST_MS if by_end else received_ms - LATE_MS
    if _can_be_true(end, received_ms) and earliest <= start <= received_ms + AHEAD_MS:
        return RecordTime(start, end)
    lasted = end - start if 0 <= end - start <= LATE_MS else 0
    if not end:
        return RecordTime(received_ms, received_ms, (RECEIPT_LABEL,))
    client = {"start": rfc3339(start), "end": rfc3339(end)}
    original = client["end" if by_end else "start"]
    return RecordTime(received_ms - lasted, received_ms, (RECEIPT_LABEL,), original, client)


def _can_be_true(time_ms: int, received_ms: int) -> bool:
    return received_ms - LATE_MS <= time_ms <= received_ms + AHEAD_MS


def rfc3339(time_ms: int) -> str:
    """A time in ms since 1970-01-01 UTC as text."""
    return (_EPOCH + timedelta(milliseconds=time_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def whole(value: Any) -> int | None:
    """A whole number from 0 to `MAX_LONG`, also from a float or decimal text of equal value; else `None`."""
    number = value if value.__class__ is int else as_whole(value)
    return number if number.__class__ is int and 0 <= number <= MAX_LONG else None


def as_whole(value: Any) -> Any:
    """A float or decimal text as the whole number that it writes; any other value unchanged."""
    if value.__class__ is float and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if value.__class__ is str and value.isascii() and value.removeprefix("-").isdigit() and len(value) < 19:
        number = int(value)
        return number if str(number) == value else value
    return value


@lru_cache(maxsize=65_536)
def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return "%" not in value


@lru_cache(maxsize=65_536)
def _is_email(value: str) -> bool:
    return _EMAIL.fullmatch(value) is not None


def _clean_container(value: Any, depth: int) -> Any:
    if depth == MAX_DEPTH:
        return json_text(value)
    if value.__class__ is dict:
        return clean_object(value, depth)
    return [item for item in (clean(item, depth + 1) for item in value) if item is not None]
