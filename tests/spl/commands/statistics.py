"""stats, eventstats and bin. Source: Search Reference; rows whose by-field is null belong to no group."""

from dataclasses import dataclass

from tests.spl.arguments import field, options
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.grammar_search import Grammar, ParsePipeline
from tests.spl.grouping import Aggregate, as_key, grouped, keys, parse_aggregates, parse_by
from tests.spl.lexer import Scanner
from tests.spl.timemath import bin_seconds, bin_start
from tests.spl.values import Row, Value, number, text, tidy


@dataclass(frozen=True)
class Stats:
    """`stats … by …`."""

    aggregates: tuple[Aggregate, ...]
    by: tuple[str, ...]
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """One row a group."""
        if not rows and not self.by and not any(one.function in ("count", "c", "dc") for one in self.aggregates):
            raise SplError("stats of no rows: whether a row comes is only sure with count or dc", self.position)
        return grouped(rows, self.aggregates, self.by, context)


@dataclass(frozen=True)
class Eventstats:
    """`eventstats … by …`."""

    aggregates: tuple[Aggregate, ...]
    by: tuple[str, ...]
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """Every row with its group's statistics; rows of no group stay as they are."""
        groups = grouped(rows, self.aggregates, self.by, context)
        names = [aggregate.name for aggregate in self.aggregates]
        held = {tuple(text(_single(row[name])) for name in self.by): row for row in groups}
        for row in rows:
            found = [as_key(values) for values in keys(row, self.by)]
            if len(found) > 1:
                raise SplError("eventstats by a multivalue is not implemented", self.position)
            row.update({name: held[found[0]][name] for name in names} if found else {})
        return rows


def _single(value: Value) -> str | int | float:
    if value is None or isinstance(value, tuple):
        raise SplError(f"{value!r} cannot name a group")
    return value


@dataclass(frozen=True)
class Bin:
    """`bin span=… field [AS name]`."""

    span: str
    source: str
    target: str
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """`_time` becomes the start of its bin, a number the text `start-end`; other text stays."""
        width = bin_seconds(self.span, self.position) if self.source == "_time" else self._width()
        for row in rows:
            value = row.get(self.source)
            found = number(value)
            row[self.target] = value if found is None else self._binned(found, width)
        return rows

    def _width(self) -> int | float:
        width = number(self.span)
        if width is None or width <= 0:
            raise SplError(f"span={self.span} of {self.source} is not implemented", self.position)
        return width

    def _binned(self, value: int | float, width: int | float) -> Value:
        if self.source == "_time":
            return tidy(bin_start(value, int(width)))
        start = tidy(value // width * width)
        return start if start is None else f"{start}-{tidy(start + width)}"


def _stats(scanner: Scanner, subsearch: ParsePipeline) -> Stats:
    position = scanner.peek().start
    options(scanner, (), "stats")
    return Stats(parse_aggregates(scanner), parse_by(scanner), position)


def _eventstats(scanner: Scanner, subsearch: ParsePipeline) -> Eventstats:
    position = scanner.peek().start
    options(scanner, (), "eventstats")
    return Eventstats(parse_aggregates(scanner), parse_by(scanner), position)


def _bin(scanner: Scanner, subsearch: ParsePipeline) -> Bin:
    position = scanner.peek().start
    found = options(scanner, ("span",), "bin")
    source = field(scanner)
    found |= options(scanner, ("span",), "bin")
    if "span" not in found:
        raise SplError("bin without span is not implemented", position)
    target = field(scanner) if scanner.accept_word("as") else source
    return Bin(found["span"].text, source, target, position)


GRAMMAR: Grammar = {"stats": _stats, "eventstats": _eventstats, "bin": _bin, "bucket": _bin}
