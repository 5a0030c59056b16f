"""Usage as values: who used what, how much of it, when the reports show it, and what it costs.

Source: page "Get Messages Usage Report" of the Admin API reference. The prices are invented.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

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


class Dimensions(NamedTuple):
    """Everything usage can be grouped by, in the documented spelling.

    `api_key_id` None: the Workbench; `workspace_id` None: the default workspace ("Usage and Cost API").
    UNCONFIRMED: whether usage of a key also names an account; here a key's usage has no `account_id`.
    """

    account_id: str | None = None
    api_key_id: str | None = None
    context_window: str = "0-200k"
    inference_geo: str = "global"
    model: str = "claude-sonnet-5"
    service_account_id: str | None = None
    service_tier: str = "standard"
    speed: str = "standard"
    workspace_id: str | None = None


class Counts(NamedTuple):
    """Tokens by kind, and requests to the web search tool."""

    uncached_input: int = 0
    cache_5m: int = 0
    cache_1h: int = 0
    cache_read: int = 0
    output: int = 0
    web_searches: int = 0

    def tokens(self) -> int:
        """All tokens together."""
        return sum(self[:5])


class CodeActor(NamedTuple):
    """The user of Claude Code: a person by e-mail address or a key by name, and the terminal."""

    name: str
    is_user: bool
    terminal: str = "vscode"
    is_remote: bool = False


class Usage(NamedTuple):
    """What was used in one minute. `at_us` is the minute's start; the reports show it from `visible_us` on."""

    at_us: int
    visible_us: int
    dimensions: Dimensions
    counts: Counts
    code: CodeActor | None = None


def total(counts: Iterable[Counts]) -> Counts:
    """The sum, count by count."""
    return Counts(*map(sum, zip(Counts(), *counts, strict=True)))


class Cost(NamedTuple):
    """One line of the cost report. `amount` is in cents."""

    amount: Decimal
    description: str
    cost_type: str
    token_type: str | None = None


def costs(where: Dimensions, counts: Counts) -> Iterator[Cost]:
    """The lines of some usage. Priority Tier has none ("not included in the cost endpoint")."""
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
