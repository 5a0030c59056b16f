"""Functions of eval about numbers. Source: Search Reference, *Mathematical*, *Statistical eval functions*."""

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from tests.spl.errors import SplError
from tests.spl.signature import Signature, numeric, whole
from tests.spl.values import Number, Scalar, Value, number, order_key, tidy


def _total(body: Callable[..., Number]) -> Callable[..., Number | None]:
    """Null where a function has no value (the root of a negative number, an overflow)."""

    def guarded(*values: Number) -> Number | None:
        try:
            return tidy(body(*values))
        except (ValueError, OverflowError, ZeroDivisionError):
            return None

    return numeric(guarded)


def _round(value: Number, places: Number = 0) -> Number:
    """Half goes away from zero."""
    unit = Decimal(1).scaleb(-whole(places))
    return float(Decimal(repr(value)).quantize(unit, ROUND_HALF_UP))


def _power(base: Number, exponent: Number) -> float:
    return math.pow(base, exponent)


def _extreme(pick: Callable[..., Scalar]) -> Callable[..., Value]:
    """Nulls do not count; text is greater than any number."""

    def picked(*values: Value) -> Value:
        held = [value for value in values if value is not None and not isinstance(value, tuple)]
        return pick(held, key=order_key) if held else None

    return picked


def _tonumber(value: Scalar, base: Scalar = 10) -> Number | None:
    if whole(base) == 10:
        found = number(value)
        return None if found is None else tidy(found)
    try:
        return int(str(value), whole(base))
    except ValueError as error:
        if "base" in str(error) and not 2 <= whole(base) <= 36:
            raise SplError(f"{base} is no base of 2 to 36") from error
        return None


NUMBERS = {
    "abs": Signature(_total(abs), 1, 1),
    "ceil": Signature(_total(math.ceil), 1, 1),
    "ceiling": Signature(_total(math.ceil), 1, 1),
    "exp": Signature(_total(math.exp), 1, 1),
    "floor": Signature(_total(math.floor), 1, 1),
    "ln": Signature(_total(math.log), 1, 1),
    "log": Signature(_total(lambda value, base=10: math.log10(value) if base == 10 else math.log(value, base)), 1, 2),
    "max": Signature(_extreme(max), 1, None, nulls=True),
    "min": Signature(_extreme(min), 1, None, nulls=True),
    "pow": Signature(_total(_power), 2, 2),
    "round": Signature(_total(_round), 1, 2),
    "sqrt": Signature(_total(math.sqrt), 1, 1),
    "tonumber": Signature(_tonumber, 1, 2),
}
