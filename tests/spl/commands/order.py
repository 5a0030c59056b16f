"""head, tail, reverse, dedup: what leaves some rows out, by their order. Source: Search Reference."""

from dataclasses import dataclass

from tests.spl.arguments import boolean, options, whole_number
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.grammar_search import Grammar, ParsePipeline
from tests.spl.lexer import Scanner
from tests.spl.values import Row, Value, each, text


@dataclass(frozen=True)
class Head:
    """`head`: the first rows."""

    count: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The first rows."""
        return rows[: self.count]


@dataclass(frozen=True)
class Tail:
    """`tail`: the last rows, last first."""

    count: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The last rows in reverse order."""
        return rows[::-1][: self.count]


@dataclass(frozen=True)
class Dedup:
    """`dedup [N] fields`: the first N rows of each combination of values."""

    count: int
    names: tuple[str, ...]
    keep_empty: bool

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """Rows without one of the fields go, unless keepempty=true keeps all of them."""
        seen: dict[tuple[Value, ...], int] = {}
        kept = []
        for row in rows:
            key = tuple(_comparable(row.get(name)) for name in self.names)
            if None in key:
                kept += [row] if self.keep_empty else []
                continue
            seen[key] = seen.get(key, 0) + 1
            kept += [row] if seen[key] <= self.count else []
        return kept


def _comparable(value: Value) -> Value:
    return None if value is None else tuple(text(item) for item in each(value))


def _count(scanner: Scanner, command: str) -> int:
    options(scanner, (), command)
    return 10 if scanner.at_end_of_command() else whole_number(scanner.take())


def _head(scanner: Scanner, subsearch: ParsePipeline) -> Head:
    return Head(_count(scanner, "head"))


def _tail(scanner: Scanner, subsearch: ParsePipeline) -> Tail:
    return Tail(_count(scanner, "tail"))


def _reverse(scanner: Scanner, subsearch: ParsePipeline) -> Tail:
    return Tail(2**62)


def _dedup(scanner: Scanner, subsearch: ParsePipeline) -> Dedup:
    position = scanner.peek().start
    count = whole_number(scanner.take()) if scanner.peek().text.isdigit() else 1
    names: list[str] = []
    while not scanner.at_end_of_command() and not (found := options(scanner, ("keepempty",), "dedup")):
        if scanner.peek().is_word("sortby"):
            raise SplError("dedup: sortby is not implemented", scanner.peek().start)
        names += [scanner.take().text]
        scanner.accept(",")
    if not names or not count:
        raise SplError("dedup: expected a number above 0, or none, and a field", position)
    return Dedup(count, tuple(names), boolean(found, "keepempty", False))


GRAMMAR: Grammar = {"head": _head, "tail": _tail, "reverse": _reverse, "dedup": _dedup}
