"""Values as an event may hold them: no nulls, no empty strings, nothing that JSON cannot carry.

Invariant: total and lossless. Lone surrogates are replaced, integers beyond 64 bits and non-finite floats
become strings, what is nested deeper than a JSON writer goes becomes its own JSON text; nothing else changes.
"""

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any

DEEPEST = 96
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def text(value: str) -> str:
    """The string with lone surrogates replaced, as `identity.event_uid` does."""
    return value.encode("utf-8", "replace").decode()


def clean(value: Any, depth: int = 0) -> Any:
    """The value without what an event leaves out; `None` when nothing is left of it."""
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


def _digits(number: int) -> str:
    """Decimal where Python allows the conversion (4300 digits), else hexadecimal."""
    try:
        return str(number)
    except ValueError:
        return hex(number)


def _clean_container(value: Any, depth: int) -> Any:
    if depth == DEEPEST:
        return text("".join(_json_text(value)))
    if value.__class__ is dict:
        return clean_object(value, depth)
    return [item for item in (clean(item, depth + 1) for item in value) if item is not None]


def clean_object(value: dict[Any, Any], depth: int = 0) -> dict[str, Any]:
    """The object without nulls and empty strings. Names that become equal are told apart by a mark."""
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


def _json_text(value: Any) -> Iterator[str]:
    """JSON text piece by piece with a stack of its own: depth is bounded by memory alone."""
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
