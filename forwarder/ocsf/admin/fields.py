"""Reading values of an object of the Admin API, whatever JSON the object holds.

Both versions of the API (2023-06-01 and 2026-10-21) are read by naming several paths: the first with a value counts.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from forwarder.ocsf.core.values import clean, milliseconds

_EARLIEST_MS, _LATEST_MS = 978_307_200_000, 4_102_444_800_000
"""2001 to 2100: a time outside is an error of the source, and readers of OCSF take it for another unit."""

Fields = Mapping[str, Any]


def at(fields: Fields, paths: tuple[str, ...]) -> Any:
    """The first value at one of the paths (`scope.workspace_id`); `None` if there is none."""
    for path in paths:
        value: Any = fields
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is not None:
            return value
    return None


def text_at(fields: Fields, paths: tuple[str, ...]) -> str | None:
    """The first non-empty text at one of the paths."""
    for path in paths:
        value = at(fields, (path,))
        if isinstance(value, str) and value:
            return value
    return None


def timestamp(value: Any) -> int | None:
    """Milliseconds of a timestamp as Anthropic writes it; `None` outside of this century."""
    ms = milliseconds(value)
    return ms if ms is not None and _EARLIEST_MS <= ms < _LATEST_MS else None


def same(one: Any, other: Any) -> bool:
    """Whether two cleaned values are the same JSON: 1, 1.0 and true are three."""
    return canonical(one) == canonical(other)


def digest(fields: Fields) -> str:
    """The same for equal objects, whatever the order of their keys."""
    return hashlib.sha256(canonical(fields)).hexdigest()


def canonical(value: Any) -> bytes:
    """The same for equal JSON, whatever the order of keys."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # a lone surrogate, an integer beyond 64 bits, deep nesting
        return orjson.dumps(clean(value), option=orjson.OPT_SORT_KEYS)
