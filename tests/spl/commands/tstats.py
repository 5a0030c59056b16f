"""tstats over indexed fields. Source: Search Reference, *tstats*. Data models and prestats are refused."""

from dataclasses import dataclass

from tests.spl.arguments import fields, options
from tests.spl.commands.filters import BaseSearch
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.events import BUILT_IN
from tests.spl.grammar_search import Grammar, ParsePipeline, SearchGrammar
from tests.spl.grouping import Aggregate, grouped, parse_aggregates
from tests.spl.lexer import Scanner
from tests.spl.timemath import bin_seconds, bin_start
from tests.spl.tree import AllOf, AnyOf, Compare, Everything, Not, Predicate, TimeBound
from tests.spl.values import Row, number, tidy

_FUNCTIONS = ("count", "dc", "sum", "min", "max", "values", "avg")


@dataclass(frozen=True)
class Tstats:
    """`tstats … where … by … span=…`. `span` is the width of `_time` bins in seconds, if `_time` is one of `by`."""

    aggregates: tuple[Aggregate, ...]
    predicate: Predicate
    by: tuple[str, ...]
    span: int
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """One row a group of the events that match."""
        self._check_fields(context)
        events = BaseSearch(self.predicate, self.position).run([], context)
        for event in events if self.span else ():
            time = number(event["_time"])
            event["_time"] = None if time is None else tidy(bin_start(time, self.span))
        if any(isinstance(event.get(name), tuple) for event in events for name in self.by):
            raise SplError("tstats by a multivalue is not implemented", self.position)
        return grouped(events, self.aggregates, self.by, context)

    def _check_fields(self, context: Context) -> None:
        arguments = {one.argument for one in self.aggregates if isinstance(one.argument, str)}
        unknown = (arguments | set(self.by) | _named(self.predicate)) - context.indexed_fields - BUILT_IN
        if unknown:
            raise SplError(f"tstats: {', '.join(sorted(unknown))} is no indexed field", self.position)


def _named(predicate: Predicate) -> set[str]:
    if isinstance(predicate, AllOf | AnyOf):
        return set().union(*(_named(part) for part in predicate.parts))
    if isinstance(predicate, Not):
        return _named(predicate.part)
    if isinstance(predicate, Compare):
        if predicate.operator not in ("=", "!="):
            raise SplError(f"tstats: {predicate.operator} is not implemented", predicate.position)
        return {predicate.field}
    if isinstance(predicate, Everything | TimeBound):
        return set()
    raise SplError("tstats: where takes indexed fields only")


def _tstats(scanner: Scanner, subsearch: ParsePipeline) -> Tstats:
    position = scanner.peek().start
    options(scanner, (), "tstats")
    aggregates = parse_aggregates(scanner, ("where", "by", "from"))
    for one in aggregates:
        if one.function not in _FUNCTIONS or not isinstance(one.argument, str | None):
            raise SplError(f"tstats: {one.function} is not implemented", one.position)
    predicate: Predicate = Everything()
    if scanner.accept_word("where"):
        predicate = SearchGrammar(scanner, subsearch, stops=("by", "groupby")).parse()
    by, span = _by(scanner)
    return Tstats(aggregates, predicate, by, span, position)


def _by(scanner: Scanner) -> tuple[tuple[str, ...], int]:
    if not scanner.accept_word("by"):
        return (), 0
    names, position, span = fields(scanner, stops=("span",)), scanner.peek().start, 0
    if scanner.accept_word("span"):
        scanner.expect("=")
        span = bin_seconds(scanner.take().text, position)
    if ("_time" in names) != bool(span):
        raise SplError("tstats: by _time and span= come together", position)
    return names, span


GRAMMAR: Grammar = {"tstats": _tstats}
