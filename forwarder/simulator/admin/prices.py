"""What usage costs, exactly: tokens × a small price table. The prices are made up, round, and no promise."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from forwarder.simulator.admin.usage import Counts, Dimensions

_MILLION = Decimal(1_000_000)
_INPUT_PRICE = {"claude-opus-5": 500, "claude-sonnet-5": 300, "claude-haiku-4-5": 100}
"""Cents a million uncached input tokens."""
_FACTORS = {
    "uncached_input_tokens": Decimal(1),
    "cache_creation.ephemeral_5m_input_tokens": Decimal("1.25"),
    "cache_creation.ephemeral_1h_input_tokens": Decimal(2),
    "cache_read_input_tokens": Decimal("0.1"),
    "output_tokens": Decimal(5),
}
"""Price of each token type as a multiple of the input's, in the order of `Counts`."""
_OF_TIER = {"batch": Decimal("0.5")}
_SEARCH_CENTS = Decimal(1)


class Cost(NamedTuple):
    """One line: what it is for, as the cost report has it. `amount` is in cents."""

    amount: Decimal
    description: str
    cost_type: str
    token_type: str | None = None


def costs(where: Dimensions, counts: Counts) -> Iterator[Cost]:
    """The lines of one sum of usage. Priority Tier has none ("not included in the cost endpoint")."""
    if where.service_tier == "priority":
        return
    price = _INPUT_PRICE.get(where.model, 300) * _OF_TIER.get(where.service_tier, Decimal(1)) / _MILLION
    for (token_type, factor), tokens in zip(_FACTORS.items(), counts, strict=False):
        if tokens:
            yield Cost(tokens * factor * price, f"{where.model} Usage - {token_type}", "tokens", token_type)
    if counts.web_searches:
        yield Cost(counts.web_searches * _SEARCH_CENTS, "Web Search Usage", "web_search")


def amount(cents: Iterable[Decimal]) -> str:
    """The sum as a plain decimal string: `"123.78912"`, `"40"`."""
    text = f"{sum(cents, Decimal(0)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
