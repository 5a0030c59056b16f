"""Money: exact decimals from the API's cents to the currency's own unit. Never a float.

Source: Admin API reference, Cost Report (`amount`: "in lowest currency units (e.g. cents) as a decimal string") and
Claude Code Usage Report (`estimated_cost.amount`: "in minor currency units").
"""

import re
from collections.abc import Iterable
from decimal import Context, Decimal
from typing import Any, NamedTuple

MINOR_DIGITS = {"USD": 2}
"""Currency → decimal places of its lowest unit. The API has dollars only; a guess for others might be wrong by 100."""
_EXACT = Context(prec=400)
"""More digits than `_AMOUNT` can give, also in sums."""
_AMOUNT = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,2})?")


class Money(NamedTuple):
    """An amount in the currency's own unit, exact."""

    amount: Decimal
    currency: str

    def written(self) -> dict[str, str]:
        """As an event holds it."""
        return {"amount": format(self.amount, "f"), "currency": self.currency}


def money(amount: Any, currency: Any) -> Money | None:
    """What the API wrote in the lowest unit; `None` where it is no amount or of a currency that is not known."""
    text = str(amount) if amount.__class__ in (str, int, float) else ""
    if not isinstance(currency, str) or currency not in MINOR_DIGITS or not _AMOUNT.fullmatch(text):
        return None
    return Money(_EXACT.scaleb(Decimal(text), -MINOR_DIGITS[currency]), currency)


def total(parts: Iterable[Money | None]) -> Money | None:
    """The sum; `None` where a part is unknown or of another currency, for then it would be too little."""
    known = list(parts)
    amount, currencies = Decimal(0), set[str]()
    for part in known:
        if part is None:
            return None
        amount = _EXACT.add(amount, part.amount)
        currencies.add(part.currency)
    return Money(amount, currencies.pop()) if len(currencies) == 1 else None
