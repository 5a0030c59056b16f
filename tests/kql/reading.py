"""Queries as Microsoft's own parser reads them."""

from collections.abc import Mapping
from typing import NamedTuple

from tests.kql.scripts import answered


class Reading(NamedTuple):
    """One query."""

    classes: str
    """A letter for each of the query's: `s` in a string, `-` in space and comments, `x` elsewhere."""
    moved: str
    """The query at another time: literals for `now()` and `ago()`, the column of collection for `ingestion_time()`."""


def readings(queries: Mapping[str, str], then: str) -> dict[str, Reading]:
    """The queries by name; `then` is the time as a KQL literal."""
    analyzed = answered("reading.js", {"queries": dict(queries), "then": then})
    return {name: Reading(**one) for name, one in analyzed.items()}
