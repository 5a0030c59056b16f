"""What stats, eventstats, streamstats and tstats share: parsed aggregates and groups of rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

from tests.spl.aggregates import Accumulator, accumulator
from tests.spl.arguments import fields
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.expressions import Compiler
from tests.spl.grammar_eval import parse_expression
from tests.spl.lexer import Scanner, Token
from tests.spl.tree import Expression
from tests.spl.values import Row, Scalar, Value, each, order_key, text

Key = tuple[str, ...]


@dataclass(frozen=True)
class Aggregate:
    """One statistic: of a field, of an expression, or (`count`) of the rows."""

    function: str
    argument: str | Expression | None
    name: str
    position: int

    def new(self) -> Accumulator:
        """An accumulator with nothing in it."""
        return accumulator(self.function, self.position)()

    def reader(self, context: Context) -> Callable[[Row], tuple[Scalar, ...]]:
        """What gives the values that a row adds: none for null and for a condition that does not hold."""
        argument = self.argument
        if argument is None:
            return lambda row: (1,)
        if isinstance(argument, str):
            return lambda row: each(row.get(argument))
        return self._expression_reader(Compiler(context.now).compile(argument))

    def _expression_reader(self, evaluate: Callable[[Row], Value]) -> Callable[[Row], tuple[Scalar, ...]]:
        def read(row: Row) -> tuple[Scalar, ...]:
            value = evaluate(row)
            if not isinstance(value, bool):
                return each(value)
            if self.function not in ("count", "c"):
                raise SplError(f"{self.function}(eval()) of a boolean; use if()", self.position)
            return (1,) if value else ()

        return read


def keys(row: Row, by: tuple[str, ...]) -> Iterable[tuple[Scalar, ...]]:
    """The groups a row belongs to: none if a field is null, several if one is a multivalue.

    A value that it has twice counts twice (*stats*: dedup_splitvals is false).
    """
    return product(*(each(row.get(name)) for name in by))


def as_key(values: tuple[Scalar, ...]) -> Key:
    """Groups differ by the text of their values."""
    return tuple(text(value) for value in values)


def sort_key(values: tuple[Scalar, ...]) -> tuple[tuple[int, int | float, str], ...]:
    """Orders groups by their values."""
    return tuple(order_key(value) for value in values)


def grouped(rows: Iterable[Row], aggregates: tuple[Aggregate, ...], by: tuple[str, ...], context: Context) -> list[Row]:
    """One row a group, in order of the group's values. Without `by`, one row, even of no rows."""
    readers = [aggregate.reader(context) for aggregate in aggregates]
    held: dict[Key, tuple[tuple[Scalar, ...], list[Accumulator]]] = {}
    if not by:
        held[()] = ((), [aggregate.new() for aggregate in aggregates])
    for row in rows:
        for values in keys(row, by):
            key = as_key(values)
            if key not in held:
                held[key] = (values, [aggregate.new() for aggregate in aggregates])
            feed(held[key][1], [reader(row) for reader in readers], row.get("_time"))
    return [
        {**dict(zip(by, values, strict=True)), **results_of(aggregates, accumulators)}
        for values, accumulators in sorted(held.values(), key=lambda pair: sort_key(pair[0]))
    ]


def feed(accumulators: list[Accumulator], added: list[tuple[Scalar, ...]], time: Value) -> None:
    """Adds what one row gives to each accumulator."""
    for held, values in zip(accumulators, added, strict=True):
        for value in values:
            held.add(value, time)


def results_of(aggregates: tuple[Aggregate, ...], accumulators: list[Accumulator]) -> Row:
    """The statistics as fields."""
    return {aggregate.name: held.result() for aggregate, held in zip(aggregates, accumulators, strict=True)}


def parse_aggregates(scanner: Scanner, stops: tuple[str, ...] = ("by",)) -> tuple[Aggregate, ...]:
    """The aggregates at the scanner's place, at least one."""
    found: list[Aggregate] = []
    while not scanner.at_end_of_command() and not scanner.peek().is_word(*stops):
        found.append(_aggregate(scanner))
        scanner.accept(",")
    names = [aggregate.name for aggregate in found]
    if not found or len(set(names)) < len(names):
        raise SplError("expected statistics, each under a name of its own", scanner.peek().start)
    return tuple(found)


def parse_by(scanner: Scanner) -> tuple[str, ...]:
    """The fields after `by`, if it is there."""
    return fields(scanner) if scanner.accept_word("by") else ()


def _aggregate(scanner: Scanner) -> Aggregate:
    token = scanner.take()
    accumulator(token.text, token.start)
    argument, written = _argument(scanner, token)
    if scanner.accept_word("as"):
        return Aggregate(token.text, argument, scanner.take().text, token.start)
    if not isinstance(argument, str | None):
        raise SplError(f"{token.text}(eval(…)) needs AS", token.start)
    return Aggregate(token.text, argument, written, token.start)


def _argument(scanner: Scanner, token: Token) -> tuple[str | Expression | None, str]:
    if not scanner.accept("("):
        if token.text not in ("count", "c"):
            raise SplError(f"{token.text} needs a field", token.start)
        return None, token.text
    inner = scanner.take()
    if inner.is_word("eval") and scanner.accept("("):
        argument: str | Expression = parse_expression(scanner)
        scanner.expect(")")
    elif inner.kind not in ("word", "string") or "*" in inner.text:
        raise SplError(f"{token.text}({inner.text}) is not implemented", inner.start)
    else:
        argument = inner.text
    scanner.expect(")")
    return argument, f"{token.text}({inner.text})"
