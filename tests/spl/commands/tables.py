"""xyseries, transpose, addtotals: what turns results into the table that a chart shows. Source: Search Reference."""

from dataclasses import dataclass

from tests.spl.arguments import fields, options, selected, whole_number
from tests.spl.commands.columns import names_in
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.grammar_search import Grammar, ParsePipeline
from tests.spl.grouping import sort_key
from tests.spl.lexer import Scanner
from tests.spl.series import column
from tests.spl.values import Row, Scalar, Value, number, tidy

TRANSPOSED_ROWS = 5
"""The default of transpose; 0 is all."""


@dataclass(frozen=True)
class Xyseries:
    """`xyseries x y-name y-data`: a row a value of x, a column a value of y-name."""

    x: str
    name: str
    data: str
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """Rows in order of x, columns in order of their names; where no row was, a cell is null."""
        cells: dict[tuple[Scalar, str], Scalar] = {}
        for row in rows:
            x, name, value = (self._single(row.get(one), one) for one in (self.x, self.name, self.data))
            place = (x, column(name, (self.x,), self.position))
            if place in cells:
                raise SplError(f"xyseries: two rows for {place}; one of them would be removed", self.position)
            cells[place] = value
        across = sorted({name for _, name in cells})
        down = sorted({x for x, _ in cells}, key=lambda x: sort_key((x,)))
        return [{self.x: x, **{name: cells.get((x, name)) for name in across}} for x in down]

    def _single(self, value: Value, name: str) -> Scalar:
        if value is None or isinstance(value, tuple):
            raise SplError(f"xyseries: {name} is {value!r} in a row: not implemented", self.position)
        return value


@dataclass(frozen=True)
class Transpose:
    """`transpose [N] [column_name=] [header_field=]`: rows become columns. `count` 0 is all."""

    count: int
    column_name: str
    header: str | None
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """A row a field, under the names of the rows."""
        held = rows[: self.count] if self.count else rows
        names = names_in(rows)
        if any(name.startswith("_") for name in names):
            raise SplError("transpose of internal fields is not documented: choose fields by table", self.position)
        heads = [self._head(place, row) for place, row in enumerate(held, start=1)]
        if len(set(heads)) < len(heads):
            raise SplError(f"transpose: two rows under one name in {heads}", self.position)
        return [
            {self.column_name: name, **{head: row.get(name) for head, row in zip(heads, held, strict=True)}}
            for name in names
            if name != self.header
        ]

    def _head(self, place: int, row: Row) -> str:
        if self.header is None:
            return f"row {place}"
        value = row.get(self.header)
        if value is None or isinstance(value, tuple):
            raise SplError(f"transpose: {value!r} cannot name a column", self.position)
        return column(value, (self.column_name,), self.position)


@dataclass(frozen=True)
class Addtotals:
    """`addtotals [fieldname=] [fields]`: a total a row."""

    target: str
    patterns: tuple[str, ...]
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows with the sum of the numbers among their fields; internal fields take no part unless named."""
        names = selected(self.patterns, names_in(rows))
        for row in rows:
            values = [row.get(name) for name in names]
            numbers = [found for value in values if (found := number(value)) is not None]
            if not numbers or self.target in names or any(isinstance(value, tuple) for value in values):
                raise SplError(f"addtotals: no number, a multivalue, or {self.target} in a row", self.position)
            row[self.target] = tidy(sum(numbers))
        return rows


def _xyseries(scanner: Scanner, subsearch: ParsePipeline) -> Xyseries:
    position = scanner.peek().start
    options(scanner, (), "xyseries")
    names = fields(scanner)
    if len(names) != 3:
        raise SplError("xyseries of other than three fields is not implemented", position)
    return Xyseries(*names, position)


def _transpose(scanner: Scanner, subsearch: ParsePipeline) -> Transpose:
    position = scanner.peek().start
    count = whole_number(scanner.take()) if scanner.peek().text.isdigit() else TRANSPOSED_ROWS
    found = options(scanner, ("column_name", "header_field"), "transpose")
    name, header = found.get("column_name"), found.get("header_field")
    return Transpose(count, name.text if name else "column", header.text if header else None, position)


def _addtotals(scanner: Scanner, subsearch: ParsePipeline) -> Addtotals:
    position = scanner.peek().start
    found = options(scanner, ("fieldname",), "addtotals")
    patterns = ("*",) if scanner.at_end_of_command() else fields(scanner, wildcards=True)
    return Addtotals(found["fieldname"].text if "fieldname" in found else "Total", patterns, position)


GRAMMAR: Grammar = {"xyseries": _xyseries, "transpose": _transpose, "addtotals": _addtotals}
