"""Query parameters: what an endpoint accepts is a table, and anything else is refused.

UNCONFIRMED: that the API refuses an unknown parameter, and one that is given twice. A stand-in that accepted them
silently would hide errors of the forwarder.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from forwarder.simulator.clock import micros

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class InvalidParameterError(Exception):
    """A parameter is refused with 400 `invalid_request_error`; the text is the message."""


class Parameter(NamedTuple):
    """How a value is read (`read` raises `ValueError` with the reason). An array's name ends in `[]`."""

    read: Callable[[str], Any]
    required: bool = False


Parameters = Mapping[str, Parameter]


def parse(known: Parameters, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Every value by name, `None` (arrays: `[]`) if it is not given. Raises `InvalidParameterError`."""
    found: dict[str, Any] = {name: [] if name.endswith("[]") else None for name in known}
    for name, text in pairs:
        if name not in known:
            raise InvalidParameterError(f"{name}: Extra inputs are not permitted")
        value = _read(known[name], name, text)
        if name.endswith("[]"):
            found[name].append(value)
        elif found[name] is not None:
            raise InvalidParameterError(f"{name}: given more than once")
        else:
            found[name] = value
    for name, parameter in known.items():
        if parameter.required and found[name] is None:
            raise InvalidParameterError(f"{name}: Field required")
    return found


def _read(parameter: Parameter, name: str, text: str) -> Any:
    try:
        return parameter.read(text)
    except ValueError as wrong:
        raise InvalidParameterError(f"{name}: {wrong}") from None


def words(text: str) -> str:
    """Any non-empty text."""
    if not text:
        raise ValueError("String should have at least 1 character")
    return text


def one_of(allowed: Collection[str]) -> Callable[[str], str]:
    """One of the listed values."""

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"Input should be one of {', '.join(sorted(allowed))}")
        return text

    return read


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number between the two, both included."""

    def read(text: str) -> int:
        if not re.fullmatch(r"-?\d{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"Input should be a whole number from {least} to {most}")
        return int(text)

    return read


def flag(text: str) -> bool:
    """`true` or `false`."""
    if text not in ("true", "false"):
        raise ValueError("Input should be true or false")
    return text == "true"


def timestamp(text: str) -> int:
    """An RFC 3339 time with its zone, in microseconds."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("Input should be an RFC 3339 timestamp such as 2025-08-01T00:00:00Z")
    return micros(datetime.fromisoformat(text.upper()))


def day(text: str) -> int:
    """A UTC date, `YYYY-MM-DD`, as the microseconds of its midnight."""
    if not _DATE.fullmatch(text):
        raise ValueError("Input should be a date such as 2025-08-01")
    return micros(datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC))
