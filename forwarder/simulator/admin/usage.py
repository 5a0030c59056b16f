"""Usage as values: who used what, how much of it, and from when on the reports know.

Source: page "Get Messages Usage Report" of the Admin API reference.
"""

from collections.abc import Iterable
from typing import NamedTuple


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
    """Who worked with Claude Code: a person by e-mail address or a key by name, in which terminal."""

    name: str
    is_user: bool
    terminal: str = "vscode"
    is_remote: bool = False


class Usage(NamedTuple):
    """What was used in one minute. `at_us` is the minute's start; the reports know it from `visible_us` on."""

    at_us: int
    visible_us: int
    dimensions: Dimensions
    counts: Counts
    code: CodeActor | None = None


def total(counts: Iterable[Counts]) -> Counts:
    """The sum, count by count."""
    return Counts(*map(sum, zip(Counts(), *counts, strict=True)))
