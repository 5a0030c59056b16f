"""outputlookup: what writes a table. Source: Search Reference, *outputlookup*; tables are CSV files here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.spl.arguments import boolean, field, options
from tests.spl.commands.columns import names_in
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.grammar_search import Grammar, ParsePipeline
from tests.spl.lexer import Scanner
from tests.spl.lookups import Cells, Lookup
from tests.spl.values import Row, each, text


@dataclass(frozen=True)
class Outputlookup:
    """`outputlookup [append=] [override_if_empty=] name`. A name that ends with .csv may be new."""

    name: str
    append: bool
    override_if_empty: bool
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows, unchanged; the table of that name now holds them. No rows delete it."""
        table = context.lookups.get(self.name)
        if table is None and not self.name.endswith(".csv"):
            raise SplError(f"lookup {self.name} is not defined", self.position)
        if rows:
            context.lookups[self.name] = self._written(table or Lookup((), ()), rows)
        elif self.append and self.override_if_empty:
            raise SplError("append=t of no rows is not documented: add override_if_empty=f", self.position)
        elif self.override_if_empty:
            context.lookups.pop(self.name, None)
        return rows

    def _written(self, table: Lookup, rows: list[Row]) -> Lookup:
        """`append` writes the columns there are; otherwise those of the rows replace them."""
        kept = self.append and bool(table.header)
        header = table.header if kept else names_in(rows)
        if any(name.startswith("_") for name in header):
            raise SplError("outputlookup of internal fields is not documented: choose fields by table", self.position)
        cells = [*(table.rows if kept else ()), *(_cells(row, header) for row in rows)]
        return replace(table, header=header, rows=cells, _found={}, _exact={})


def _cells(row: Row, header: Sequence[str]) -> Cells:
    """Text; the values of a multivalue are merged into one, separated by blanks."""
    written = {name: " ".join(text(item) for item in each(row.get(name))) for name in header}
    return {name: cell for name, cell in written.items() if cell}


def _outputlookup(scanner: Scanner, subsearch: ParsePipeline) -> Outputlookup:
    known, position = ("append", "override_if_empty"), scanner.peek().start
    found = options(scanner, known, "outputlookup")
    name = field(scanner)
    found |= options(scanner, known, "outputlookup")
    append, override = boolean(found, "append", False), boolean(found, "override_if_empty", True)
    return Outputlookup(name, append, override, position)


GRAMMAR: Grammar = {"outputlookup": _outputlookup}
