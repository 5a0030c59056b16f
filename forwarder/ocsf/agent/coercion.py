"""Documented numbers and booleans as such: SDKs and versions of Claude Code send them as text or as fractions.

Invariant: a value changes its kind only where it says the same; anything else stays as it came.
"""

from math import isfinite
from typing import Any

from forwarder.ocsf.agent.table import attributes

_TRUTH = {"true": True, "false": False}
_LARGEST = 2**63 - 1


def coerced(values: dict[str, Any]) -> dict[str, Any]:
    """`values`, changed in place."""
    table = attributes()
    whole, truth, fractional = table.whole, table.truth, table.fractional
    for name, value in values.items():
        if name in whole:
            if value.__class__ is not int:
                values[name] = _whole(value)
        elif name in truth:
            if value.__class__ is str:
                values[name] = _TRUTH.get(value, value)
        elif name in fractional and value.__class__ is str:
            values[name] = _fraction(value)
    return values


def whole(value: Any) -> int | None:
    """A figure: a whole number from 0 to what 64 bits hold, or `None`."""
    value = value if value.__class__ is int else _whole(value)
    return value if value.__class__ is int and 0 <= value <= _LARGEST else None


def _whole(value: Any) -> Any:
    if value.__class__ is float and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if value.__class__ is str and value.isascii() and value.removeprefix("-").isdigit() and len(value) < 19:
        number = int(value)
        return number if str(number) == value else value
    return value


def _fraction(value: str) -> Any:
    if len(value) > 24:
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if isfinite(number) and repr(number) == value else value
