"""The values of a report's row: the dimensions and the identity made of them, tokens, and money.

Identity. A field in the report's mapping is what the mapping says. An unknown one, added to the API since, is a
dimension if it is a word or a boolean, and a measure if it is a number, written as text too (as money is), a timestamp
or a list; an object is examined field by field. Nulls and empty texts are no values: a dimension that is not grouped
by is null in every row. When a dimension is added, rows with a value in it get another uid: a bucket that was read
before and after is sent twice, as it is when the grouping changes.

Invariant: a restated usage record keeps its uid, and rows of a bucket that differ in a dimension never share one.

Money: exact decimals from the API's cents to the currency's own unit, never a float. Source: Admin API reference, Cost
Report (`amount`: "in lowest currency units (e.g. cents) as a decimal string") and Claude Code Usage Report
(`estimated_cost.amount`: "in minor currency units").
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Context, Decimal
from typing import Any, NamedTuple

from forwarder.ocsf.admin.fields import Fields
from forwarder.ocsf.core.values import milliseconds

MINOR_DIGITS = {"USD": 2}
"""Currency → decimal places of its lowest unit. The API has dollars only; a guess for others might be wrong by 100."""
_EXACT = Context(prec=400)
"""More digits than `_AMOUNT` can give, also in sums."""
_AMOUNT = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,2})?")
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[-+]?[0-9]+)?|[-+]?(nan|inf|infinity)", re.IGNORECASE)
_LARGEST_LONG = 2**63 - 1


def dimension_values(fields: Fields, dimensions: frozenset[str], measures: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """Path and value of each dimension of a cleaned row."""
    for name, value in fields.items():
        if name in dimensions:
            yield name, value
        elif name not in measures:
            yield from _unknown_dimensions(name, value)


def _unknown_dimensions(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _unknown_dimensions(f"{path}.{name}", inner)
    elif isinstance(value, bool) or (isinstance(value, str) and not _is_measure(value)):
        yield path, value


def _is_measure(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None or milliseconds(text) is not None


def tokens_of_messages(row: Fields) -> dict[str, Any]:
    """`message_context` of a row of the messages usage report."""
    cache_creation = row.get("cache_creation")
    prompt = [row.get("uncached_input_tokens"), row.get("cache_read_input_tokens")]
    prompt += cache_creation.values() if isinstance(cache_creation, dict) else []
    return _message_context("Claude API", prompt, [row.get("output_tokens")])


def tokens_of_claude_code(models: list[Fields]) -> dict[str, Any]:
    """`message_context` of a row of the Claude Code usage report, over its models."""
    tokens = [found for model in models if isinstance(found := model.get("tokens"), dict)]
    prompt = [one.get(name) for one in tokens for name in ("input", "cache_read", "cache_creation")]
    return _message_context("Claude Code", prompt, [one.get("output") for one in tokens])


def _message_context(service: str, prompt: Iterable[Any], completion: Iterable[Any]) -> dict[str, Any]:
    """Prompt tokens are all input: uncached, read from the cache and written to it."""
    prompt_tokens, completion_tokens = _sum(prompt), _sum(completion)
    return {
        "service": {"name": service},
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": _sum([prompt_tokens, completion_tokens]),
    }


def _sum(counts: Iterable[Any]) -> int:
    """Anything but a whole number above zero counts as nothing."""
    return min(sum(count for count in counts if count.__class__ is int and count > 0), _LARGEST_LONG)


class MoneyAmount(NamedTuple):
    """An amount in the currency's own unit, exact."""

    amount: Decimal
    currency: str

    def attributes(self) -> dict[str, str]:
        """As an event holds it."""
        return {"amount": format(self.amount, "f"), "currency": self.currency}


def money(amount: Any, currency: Any) -> MoneyAmount | None:
    """The API's amount in the lowest unit; `None` for anything but an amount of a known currency."""
    text = str(amount) if amount.__class__ in (str, int, float) else ""
    if not isinstance(currency, str) or currency not in MINOR_DIGITS or not _AMOUNT.fullmatch(text):
        return None
    return MoneyAmount(_EXACT.scaleb(Decimal(text), -MINOR_DIGITS[currency]), currency)


def total(parts: Iterable[MoneyAmount | None]) -> MoneyAmount | None:
    """The sum; `None` if a part is unknown or of another currency, because the sum would be too small."""
    known = list(parts)
    amount, currencies = Decimal(0), set[str]()
    for part in known:
        if part is None:
            return None
        amount = _EXACT.add(amount, part.amount)
        currencies.add(part.currency)
    return MoneyAmount(amount, currencies.pop()) if len(currencies) == 1 else None
