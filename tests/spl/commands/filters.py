"""search, where, eval: what keeps rows and computes fields."""

from dataclasses import dataclass, replace
from functools import partial

from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.expressions import Compiler
from tests.spl.grammar_eval import parse_expression
from tests.spl.grammar_search import Grammar, ParsePipeline, SearchGrammar
from tests.spl.lexer import Scanner
from tests.spl.predicates import Test, compile_predicate
from tests.spl.timemath import to_epoch
from tests.spl.tree import AllOf, AnyOf, Compare, Everything, Expression, Not, Predicate, TimeBound
from tests.spl.values import Row, each, number


@dataclass(frozen=True)
class BaseSearch:
    """The events that match, newest first, within the time range."""

    predicate: Predicate
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """Copies of the events; the rows given are not used."""
        rest, bounds = _without_bounds(self.predicate)
        tests = [*_times(bounds, _scope(bounds, context)), compile_predicate(rest, context)]
        if not names_index(rest):
            tests.append(lambda row: row.get("index") in context.default_indexes)
        found = [dict(row) for row in reversed(context.events) if all(test(row) for test in tests)]
        return sorted(found, key=_time, reverse=True)


def _time(row: Row) -> float:
    found = number(row.get("_time"))
    return 0.0 if found is None else found


def _without_bounds(predicate: Predicate) -> tuple[Predicate, list[TimeBound]]:
    if isinstance(predicate, TimeBound):
        return Everything(), [predicate]
    if not isinstance(predicate, AllOf):
        return predicate, []
    parts = [_without_bounds(part) for part in predicate.parts]
    return AllOf(tuple(part for part, _ in parts)), [bound for _, bounds in parts for bound in bounds]


def sets_range(predicate: Predicate) -> bool:
    """Whether a predicate has a time range of its own."""
    return any(bound.which in ("earliest", "latest") for bound in _without_bounds(predicate)[1])


def _scope(bounds: list[TimeBound], context: Context) -> Context:
    """The time range: bounds in the search replace the ones given from outside; earliest alone goes until now.

    They do not reach its subsearches; the range from outside does (Search Reference, *Time modifiers*).
    """
    inside = {bound.which: bound for bound in bounds if not bound.which.startswith("_")}
    if set(inside) == {"latest"} and (context.earliest, context.latest) != (None, None):
        raise SplError("latest alone inside a search that has a time range: give both", inside["latest"].position)
    times = {name: to_epoch(bound.modifier, context.now, bound.position) for name, bound in inside.items()}
    latest = times.get("latest", context.now if inside else context.latest)
    return replace(context, earliest=times.get("earliest", context.earliest), latest=latest)


def _times(bounds: list[TimeBound], scope: Context) -> list[Test]:
    tests: list[Test] = [partial(_within, "_time", scope.earliest, scope.latest)]
    for bound in bounds:
        at = to_epoch(bound.modifier, scope.now, bound.position)
        if bound.which == "_index_earliest":
            tests.append(partial(_within, "_indextime", at, None))
        elif bound.which == "_index_latest":
            tests.append(partial(_within, "_indextime", None, at))
    return tests


def _within(field: str, earliest: float | None, latest: float | None, row: Row) -> bool:
    """The earliest time belongs to a range, the latest does not."""
    found = number(row.get(field))
    if found is None:
        raise SplError(f"an event has no {field}")
    return (earliest is None or earliest <= found) and (latest is None or found < latest)


def names_index(predicate: Predicate) -> bool:
    """Whether a predicate names the index to search; otherwise the default ones are searched."""
    if isinstance(predicate, AllOf | AnyOf):
        return any(names_index(part) for part in predicate.parts)
    if isinstance(predicate, Not):
        return names_index(predicate.part)
    return isinstance(predicate, Compare) and predicate.field == "index"


@dataclass(frozen=True)
class Search:
    """`search` later in a pipeline."""

    predicate: Predicate

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows that match."""
        test = compile_predicate(self.predicate, context)
        return [row for row in rows if test(row)]


@dataclass(frozen=True)
class Where:
    """`where` with an expression of eval."""

    condition: Expression
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows for which the condition is true: neither false nor null."""
        test = Compiler(context.now).condition(self.condition, self.position)
        return [row for row in rows if test(row)]


@dataclass(frozen=True)
class Eval:
    """One assignment of `eval`."""

    field: str
    expression: Expression
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows with the field set; null takes it away."""
        evaluate = Compiler(context.now).compile(self.expression)
        for row in rows:
            value = evaluate(row)
            if any(isinstance(item, bool) for item in each(value)):
                raise SplError(f"eval {self.field}: a boolean cannot be assigned; use if()", self.position)
            row[self.field] = value
        return rows


@dataclass(frozen=True)
class Assignments:
    """`eval a=…, b=…`: each sees the ones before it."""

    parts: tuple[Eval, ...]

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows with all fields set."""
        for part in self.parts:
            rows = part.run(rows, context)
        return rows


def _search(scanner: Scanner, subsearch: ParsePipeline) -> Search:
    return Search(SearchGrammar(scanner, subsearch).parse())


def _where(scanner: Scanner, subsearch: ParsePipeline) -> Where:
    position = scanner.peek("eval").start
    return Where(parse_expression(scanner), position)


def _eval(scanner: Scanner, subsearch: ParsePipeline) -> Assignments:
    parts = [_assignment(scanner)]
    while scanner.accept(","):
        parts.append(_assignment(scanner))
    return Assignments(tuple(parts))


def _assignment(scanner: Scanner) -> Eval:
    token = scanner.take("eval")
    if token.kind not in ("word", "name", "string"):
        raise SplError(f"expected a field to assign to, found `{token.text}`", token.start)
    scanner.expect("=", "eval")
    return Eval(token.text, parse_expression(scanner), token.start)


GRAMMAR: Grammar = {"search": _search, "where": _where, "eval": _eval}
