"""inputlookup, lookup, makeresults, addinfo: what brings rows and columns from elsewhere."""

from dataclasses import dataclass

from tests.spl.arguments import boolean, field, options, whole_number
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.grammar_search import Grammar, ParsePipeline, SearchGrammar
from tests.spl.lexer import Scanner
from tests.spl.lookups import Lookup
from tests.spl.predicates import compile_predicate
from tests.spl.tree import Everything, Predicate
from tests.spl.values import Row, Value, multivalue, text, tidy

Pairs = tuple[tuple[str, str], ...]


def lookup_named(name: str, context: Context, position: int) -> Lookup:
    """The lookup definition or file of that name."""
    if name not in context.lookups:
        raise SplError(f"lookup {name} is not defined", position)
    return context.lookups[name]


@dataclass(frozen=True)
class Inputlookup:
    """`inputlookup [append=t] name [where …]`."""

    name: str
    append: bool
    predicate: Predicate
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows given, then those of the table; empty cells are null."""
        test = compile_predicate(self.predicate, context)
        table: list[Row] = [dict(row) for row in lookup_named(self.name, context, self.position).rows]
        return rows + [row for row in table if test(row)]


@dataclass(frozen=True)
class LookupCommand:
    """`lookup name column AS field … OUTPUT|OUTPUTNEW column AS field …`."""

    name: str
    inputs: Pairs
    outputs: Pairs | None
    overwrite: bool
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows with the output fields of the matching table rows, several as a multivalue."""
        table = lookup_named(self.name, context, self.position)
        outputs = self.outputs or self._others(table)
        unknown = {column for column, _ in self.inputs + outputs} - set(table.header)
        if unknown:
            raise SplError(f"lookup {self.name} has no column {', '.join(sorted(unknown))}", self.position)
        for row in rows:
            self._join(row, table, outputs)
        return rows

    def _others(self, table: Lookup) -> Pairs:
        used = {column for column, _ in self.inputs}
        return tuple((column, column) for column in table.header if column not in used)

    def _join(self, row: Row, table: Lookup, outputs: Pairs) -> None:
        held = [name for _, name in outputs if row.get(name) is not None]
        if held and not self.overwrite:
            if len(held) < len(outputs):
                raise SplError(f"OUTPUTNEW where only some fields exist ({held}) is not documented", self.position)
            return
        found = self._found(row, table, outputs)
        cleared = [name for name in held if found.get(name) is None]
        if cleared:
            raise SplError(f"what OUTPUT leaves of {cleared} without a match is not documented", self.position)
        row.update(found)

    def _found(self, row: Row, table: Lookup, outputs: Pairs) -> dict[str, Value]:
        wanted = [(column, self._input(row.get(name), name)) for column, name in self.inputs]
        if any(value is None for _, value in wanted):
            return {}
        cells = table.matches(tuple((column, value) for column, value in wanted if value is not None))
        missing = max(table.min_matches - len(cells), 0) if table.default_match is not None else 0
        found: dict[str, Value] = {}
        for column, name in outputs:
            values = [cell[column] for cell in cells if column in cell]
            found[name] = multivalue(values + [table.default_match or ""] * missing)
        return found

    def _input(self, value: Value, name: str) -> str | None:
        if isinstance(value, tuple):
            raise SplError(f"lookup of the multivalue {name} is not implemented", self.position)
        return None if value is None else text(value)


@dataclass(frozen=True)
class Makeresults:
    """`makeresults [count=N]`: rows with nothing but `_time`, which is now."""

    count: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """New rows."""
        return [{"_time": context.now} for _ in range(self.count)]


@dataclass(frozen=True)
class Addinfo:
    """`addinfo`: when the search runs and over which time range. Source: Search Reference, *addinfo*."""

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows with `info_min_time`, `info_max_time`, `info_search_time` and `info_sid`."""
        latest: Value = "+Infinity" if context.latest is None else tidy(context.latest)
        info: Row = {
            "info_min_time": tidy(context.earliest or 0.0),
            "info_max_time": latest,
            "info_search_time": tidy(context.now),
            "info_sid": "1.1",
        }
        return [row | info for row in rows]


def _inputlookup(scanner: Scanner, subsearch: ParsePipeline) -> Inputlookup:
    found = options(scanner, ("append",), "inputlookup")
    position = scanner.peek().start
    name = field(scanner)
    predicate: Predicate = Everything()
    if scanner.accept_word("where"):
        predicate = SearchGrammar(scanner, subsearch).parse()
    return Inputlookup(name, boolean(found, "append", False), predicate, position)


def _lookup(scanner: Scanner, subsearch: ParsePipeline) -> LookupCommand:
    position = scanner.peek().start
    options(scanner, (), "lookup")
    name = field(scanner)
    inputs = _pairs(scanner)
    output = scanner.peek()
    scanner.accept_word("output", "outputnew")
    outputs = _pairs(scanner) if output.is_word("output", "outputnew") else None
    return LookupCommand(name, inputs, outputs, not output.is_word("outputnew"), position)


def _pairs(scanner: Scanner) -> Pairs:
    found: list[tuple[str, str]] = []
    while not scanner.at_end_of_command() and not scanner.peek().is_word("output", "outputnew"):
        column = field(scanner)
        found.append((column, field(scanner) if scanner.accept_word("as") else column))
        scanner.accept(",")
    if not found:
        raise SplError("lookup: expected a field", scanner.peek().start)
    return tuple(found)


def _makeresults(scanner: Scanner, subsearch: ParsePipeline) -> Makeresults:
    found = options(scanner, ("count",), "makeresults")
    return Makeresults(whole_number(found["count"]) if "count" in found else 1)


def _addinfo(scanner: Scanner, subsearch: ParsePipeline) -> Addinfo:
    options(scanner, (), "addinfo")
    return Addinfo()


GRAMMAR: Grammar = {"addinfo": _addinfo, "inputlookup": _inputlookup, "lookup": _lookup, "makeresults": _makeresults}
