"""Values of a Splunk result: text that may read as a number, numbers, multivalues, and null.

Fields taken from events are text; a text that reads as a number compares as one (Search Reference, *eval*).
A multivalue is a tuple of at least two; one value is never a tuple, none is `None`.
"""

import math
from collections.abc import Iterable

Scalar = str | int | float | bool
Value = Scalar | tuple[Scalar, ...] | None
Number = int | float
Row = dict[str, Value]


def number(value: Value) -> Number | None:
    """The number a value is or reads as; `None` for other text, booleans, multivalues and null."""
    if type(value) is int or type(value) is float:
        return value
    return _number_in(value) if isinstance(value, str) else None


def _number_in(text: str) -> Number | None:
    if not text or text[0] not in "0123456789+-." or text[-1] not in "0123456789." or "_" in text:
        return None
    try:
        return int(text) if text.isascii() and text.isdigit() else float(text)
    except ValueError:
        return None


def tidy(value: Number) -> Number | None:
    """A computed number as Splunk shows it: 3.0 is 3; what is no finite number is null."""
    if isinstance(value, int):
        return value
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def text(value: Scalar) -> str:
    """A single value as Splunk writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "True" if value else "False"
    return str(tidy(value))


def each(value: Value) -> tuple[Scalar, ...]:
    """The single values of a value: none for null, several for a multivalue."""
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def multivalue(values: Iterable[Scalar]) -> Value:
    """The value that holds these: null for none, a single value for one."""
    held = tuple(values)
    if not held:
        return None
    return held[0] if len(held) == 1 else held


def order_key(value: Scalar) -> tuple[int, Number, str]:
    """Sorts numbers by size before other text by its characters."""
    as_number = number(value)
    return (1, 0, text(value)) if as_number is None else (0, as_number, "")
