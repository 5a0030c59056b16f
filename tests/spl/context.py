"""What a running search can see: events, lookups, the pinned clock and the searched time range."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass

from tests.spl.lookups import Lookup
from tests.spl.values import Row


@dataclass(frozen=True)
class Context:
    """Times are epoch seconds; `None` as a bound means all time on that side. outputlookup writes to `lookups`."""

    events: Sequence[Row]
    lookups: MutableMapping[str, Lookup]
    now: float
    earliest: float | None
    latest: float | None
    default_indexes: tuple[str, ...]
    indexed_fields: frozenset[str]
