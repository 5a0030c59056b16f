"""Queries as Microsoft's own parser reads them."""

from collections.abc import Mapping
from typing import NamedTuple

from tests.kql.scripts import answered


class Reading(NamedTuple):
    """One query."""

    classes: str
    """A letter for each of the query's: `s` in a string, `-` in space and comments, `x` elsewhere."""
    moved: str
    """The query with another moment in place of `now()` and `ago()`."""


def readings(queries: Mapping[str, str], then: str) -> dict[str, Reading]:
    """The queries by name; `then` is the moment as KQL writes it."""
    analyzed = answered("reading.js", {"queries": dict(queries), "then": then})
    return {name: Reading(**one) for name, one in analyzed.items()}
