"""Numbers as JSON can carry them."""

from math import isfinite


def number(value: int | float) -> int | float | str:
    """The number; one that is not finite as text."""
    return value if isfinite(value) else str(value)
