"""Parsers of durations, sizes, addresses and timestamps: `90s`, `3d`, `8GiB`, `127.0.0.1:8080`."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_BYTES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}", re.ASCII)
_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*")


def _quantity(value: Any, units: dict[str, Any], example: str) -> float:
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[2] not in units:
        raise ValueError(f"{value!r} is not a number with a unit ({', '.join(units)}); write for example {example}")
    number = float(match[1]) * float(units[match[2]])
    if number > 1e15:
        raise ValueError(f"{value[:40]!r} is too large")
    return number


def parse_duration(value: Any) -> float:
    """Seconds of `30s`, `10m`, `3d`. Raises `ValueError` without a unit, which would be ambiguous."""
    return _quantity(value, _SECONDS, "30s")


def parse_size(value: Any) -> int:
    """Bytes of `8GiB`, `500MB`."""
    return int(_quantity(value, _BYTES, "8GiB"))


def parse_address(value: Any) -> tuple[str, int]:
    """Host and port of `127.0.0.1:8080` or `[::1]:8080`."""
    host, _, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{value!r} is not an address; write for example 127.0.0.1:8080")
    return host.strip("[]"), int(port)


def parse_start(value: Any) -> float | datetime:
    """The start of a first run: a duration back from now, or a timestamp with a time zone (RFC 3339)."""
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return parse_duration(value)
    return parse_timestamp(value, "a duration (24h) or ")


def parse_timestamp(value: Any, alternative: str = "") -> datetime:
    """A timestamp with a time zone (RFC 3339). `alternative`: what else is allowed, for the message."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        raise ValueError(f"{value} is a date; write the time and its zone too, such as {value}T00:00:00Z")
    try:
        timestamp = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is not {alternative}a timestamp (2026-04-01T00:00:00Z)") from None
    if timestamp.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone; write for example 2026-04-01T00:00:00Z")
    return timestamp


def _as_text(description: str, pattern: str | None = None) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": description} | ({"pattern": pattern} if pattern else {}))


Seconds = Annotated[float, BeforeValidator(parse_duration), _as_text("duration", r"^\d+(\.\d+)?(ms|s|m|h|d|w)$")]
Bytes = Annotated[int, BeforeValidator(parse_size), _as_text("size", r"^\d+(\.\d+)?(B|[KMG]i?B)$")]
Address = Annotated[tuple[str, int], BeforeValidator(parse_address), _as_text("host:port")]
Start = Annotated[float | datetime, BeforeValidator(parse_start), _as_text("duration or RFC 3339 timestamp")]
