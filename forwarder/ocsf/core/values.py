"""Values of a source as OCSF's types: clean JSON, texts, IP and e-mail addresses, timestamps, whole numbers.

Invariant: cleaning is total and lossless. Lone surrogates are replaced, integers beyond 64 bits and non-finite floats
become strings, a value nested too deep for a JSON writer becomes its own JSON text. Only nulls and empty strings are
left out.
"""

import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import isfinite
from typing import Any

from forwarder.errors import Reject

MAX_DEPTH = 96
MAX_LONG = 2**63 - 1
"""The largest `long_t`."""
EARLIEST_MS = 1_577_836_800_000
"""2020-01-01: no Claude product is older, so an earlier time is a clock that was never set."""
CLOCK_AHEAD_MS = 86_400_000
"""How far a client's clock may be ahead of the receiver's."""
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
_EMAIL = re.compile(r"[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+")
_MAX_IP_LENGTH, _MAX_EMAIL_LENGTH = 40, 320
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
        return value if _SMALLEST <= value <= _LARGEST else _digits(value)
    if kind is float:
        return value if isfinite(value) else str(value)
    if kind is dict or kind is list:
        return _clean_container(value, depth)
    return None if value is None else text(str(value))


def clean_object(value: dict[Any, Any], depth: int = 0) -> dict[str, Any]:
    """The object without nulls and empty strings. A replacement character separates names that become equal."""
    kept: dict[str, Any] = {}
    for name, item in value.items():
        item = clean(item, depth + 1)
        if item is None:
            continue
        name = text(str(name))
        while name in kept:
            name += "\ufffd"
        kept[name] = item
    return kept


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


def plausible_ms(given: tuple[int, ...], logged_ms: int) -> int:
    """The first of these times in ms (0: not given) that can be true, `logged_ms` if none is given.

    Raises `Reject` if none of those given can be true.
    """
    latest = logged_ms + CLOCK_AHEAD_MS
    for time_ms in given:
        if EARLIEST_MS <= time_ms <= latest:
            return time_ms
    if any(given):
        first = next(time_ms for time_ms in given if time_ms)
        raise Reject("absurd-time", f"time {first} ms is not from {EARLIEST_MS} to {latest}; set the client's clock")
    return logged_ms


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


def _digits(number: int) -> str:
    """Decimal where Python allows the conversion (4300 digits), else hexadecimal."""
    try:
        return str(number)
    except ValueError:
        return hex(number)


def _clean_container(value: Any, depth: int) -> Any:
    if depth == MAX_DEPTH:
        return text("".join(_json_text(value)))
    if value.__class__ is dict:
        return clean_object(value, depth)
    return [item for item in (clean(item, depth + 1) for item in value) if item is not None]


def _json_text(value: Any) -> Iterator[str]:
    """JSON text piece by piece with a stack of its own: only memory limits the depth."""
    waiting: list[tuple[bool, Any]] = [(False, value)]
    while waiting:
        literal, item = waiting.pop()
        if literal:
            yield item
        elif item.__class__ is dict:
            waiting.append((True, "}"))
            for position, (name, inner) in reversed(list(enumerate(item.items()))):
                waiting += [(False, inner), (True, f"{',' if position else ''}{json.dumps(str(name))}:")]
            waiting.append((True, "{"))
        elif item.__class__ is list:
            waiting.append((True, "]"))
            for position, inner in reversed(list(enumerate(item))):
                waiting += [(False, inner), (True, "," if position else "")]
            waiting.append((True, "["))
        elif item.__class__ is int:
            yield _digits(item)
        else:
            yield json.dumps(item)
