"""What the tables of functions say about each function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.spl.errors import SplError
from tests.spl.values import Number, Scalar, number


@dataclass(frozen=True)
class Signature:
    """A function of eval: its body, the least and most arguments (`None`: any), and what it takes beside values."""

    body: Callable[..., Any]
    least: int
    most: int | None
    nulls: bool = False
    multivalues: bool = False


def whole(value: Scalar) -> int:
    """An argument that must be a whole number."""
    found = number(value)
    if found is None or found != int(found):
        raise SplError(f"{value!r} is no whole number")
    return int(found)


def numeric(body: Callable[..., Number | None]) -> Callable[..., Number | None]:
    """Makes a function of numbers give null for text that is no number."""

    def converted(*values: Scalar) -> Number | None:
        numbers = [number(value) for value in values]
        return None if None in numbers else body(*numbers)

    return converted
