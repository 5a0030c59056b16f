"""append and appendcols: what puts the rows of a subsearch below or beside. Source: Search Reference."""

from dataclasses import dataclass

from tests.spl.arguments import boolean, options
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.grammar_search import Grammar, ParsePipeline
from tests.spl.lexer import Scanner
from tests.spl.tree import Pipeline
from tests.spl.values import Row

APPEND_ROWS = 50_000
"""The default maxout of both."""


@dataclass(frozen=True)
class Append:
    """`append [subsearch]`."""

    pipeline: Pipeline

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows given, then those of the subsearch."""
        return rows + self.pipeline.run([], context)[:APPEND_ROWS]


@dataclass(frozen=True)
class Appendcols:
    """`appendcols [override=] [subsearch]`: the first row beside the first, the second beside the second."""

    pipeline: Pipeline
    override: bool
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows with the fields of the subsearch that are not internal; a field that is there stays."""
        beside = self.pipeline.run([], context)[:APPEND_ROWS]
        if len(beside) > len(rows):
            raise SplError("appendcols: the subsearch has more rows: not documented", self.position)
        return [self._joined(row, beside[place]) if place < len(beside) else row for place, row in enumerate(rows)]

    def _joined(self, row: Row, other: Row) -> Row:
        shown = {name: value for name, value in other.items() if value is not None and not name.startswith("_")}
        return row | {name: value for name, value in shown.items() if self.override or row.get(name) is None}


def _append(scanner: Scanner, subsearch: ParsePipeline) -> Append:
    options(scanner, (), "append")
    return Append(_bracketed(scanner, subsearch))


def _appendcols(scanner: Scanner, subsearch: ParsePipeline) -> Appendcols:
    position = scanner.peek().start
    found = options(scanner, ("override",), "appendcols")
    return Appendcols(_bracketed(scanner, subsearch), boolean(found, "override", False), position)


def _bracketed(scanner: Scanner, subsearch: ParsePipeline) -> Pipeline:
    scanner.expect("[")
    pipeline = subsearch(scanner)
    scanner.expect("]")
    return pipeline


GRAMMAR: Grammar = {"append": _append, "appendcols": _appendcols}
