"""What chart, timechart, xyseries and transpose share: values of a field that become columns.

Source: Search Reference, *timechart* and *chart* (limit, tc options).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.grouping import Aggregate, grouped
from tests.spl.values import Number, Row, Scalar, Value, number, text

NULL, OTHER = "NULL", "OTHER"
ADDITIVE = ("count", "sum")
"""What OTHER is of anything else (the mean of means, or of the rows) is not documented."""
_SERIES, _CELL = "(series)", "(cell)"
"""Fields of the cells before they are a table; no field of a search is named like this."""


@dataclass(frozen=True)
class Split:
    """The field whose values become columns: the `limit` greatest by their sum (0: all), OTHER and NULL."""

    field: str
    limit: int
    other: bool
    null: bool
    position: int

    def table(self, rows: list[Row], aggregate: Aggregate, over: str, context: Context) -> list[Row]:
        """A row a value of `over`, a column a series: in order of their names, then OTHER and NULL."""
        labels = [label(row.get(self.field), (over, NULL, OTHER), self.position) for row in rows]
        named = [(row, name or NULL) for row, name in zip(rows, labels, strict=True) if name or self.null]
        cells = _cells(named, aggregate, over, context)
        kept = self._greatest(cells)
        if len(kept) < len({name for _, name in named} - {NULL}):
            cells = _cells(self._merged(named, kept, aggregate), aggregate, over, context)
        return _crosstab(cells, over, aggregate)

    def _greatest(self, cells: list[Row]) -> set[str]:
        """Equal sums go by name (*timechart*: ties in scoring are broken lexicographically)."""
        scores: dict[str, Number] = {}
        for cell in cells:
            if cell[_SERIES] != NULL:
                scores[str(cell[_SERIES])] = scores.get(str(cell[_SERIES]), 0) + self._score(cell[_CELL])
        ranked = sorted(scores, key=lambda name: (-scores[name], name))
        return set(ranked[: self.limit] if self.limit else ranked)

    def _score(self, value: Value) -> Number:
        score = 0 if value is None else number(value)
        if score is None:
            raise SplError(f"series of {value!r} have no sum to be limited by", self.position)
        return score

    def _merged(self, named: list[tuple[Row, str]], kept: set[str], aggregate: Aggregate) -> list[tuple[Row, str]]:
        if self.other and aggregate.function not in ADDITIVE:
            raise SplError(f"what {OTHER} is of {aggregate.function} is not documented: useother=f", self.position)
        shown = [(row, name if name in kept or name == NULL else OTHER) for row, name in named]
        return [(row, name) for row, name in shown if name != OTHER or self.other]


def label(value: Value, taken: Collection[str], position: int) -> str | None:
    """The value as the name of a column. Numbers may be put into bins there, and are refused like what is `taken`."""
    if value is None:
        return None
    if isinstance(value, tuple) or number(value) is not None:
        raise SplError(f"{value!r}: splitting by a multivalue or a number is not implemented", position)
    return column(value, taken, position)


def column(value: Scalar, taken: Collection[str], position: int) -> str:
    """The value as the name of a column, unless that is empty, internal or `taken`."""
    name = text(value)
    if not name or name.startswith("_") or name in taken:
        raise SplError(f"the value `{name}` cannot name a column here", position)
    return name


def nothing(aggregate: Aggregate) -> Value:
    """The statistic of no rows: 0 of count and dc, otherwise null."""
    return aggregate.new().result()


def _cells(named: list[tuple[Row, str]], aggregate: Aggregate, over: str, context: Context) -> list[Row]:
    rows = ({**row, _SERIES: name} for row, name in named)
    return grouped(rows, (replace(aggregate, name=_CELL),), (over, _SERIES), context)


def _crosstab(cells: list[Row], over: str, aggregate: Aggregate) -> list[Row]:
    names = {str(cell[_SERIES]) for cell in cells}
    last = [name for name in (OTHER, NULL) if name in names]
    empty = dict.fromkeys([*sorted(names.difference(last)), *last], nothing(aggregate))
    table: dict[Value, Row] = {}
    for cell in cells:
        table.setdefault(cell[over], {over: cell[over], **empty})[str(cell[_SERIES])] = cell[_CELL]
    return list(table.values())
