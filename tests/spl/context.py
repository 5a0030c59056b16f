"""What a running search can see: events, lookups, the pinned clock and the searched time range."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field

from tests.spl.lookups import Lookup
from tests.spl.values import Row

Watch = Callable[[object, Sequence[Row]], None]
"""Called before each command with the rows that it gets; before a base search with none."""


def nobody(command: object, rows: Sequence[Row]) -> None:
    """Does not watch."""


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
    endpoints: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """Rows of splunkd's REST endpoints by path."""
    watch: Watch = nobody
