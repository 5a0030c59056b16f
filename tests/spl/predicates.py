"""Compiles the predicates of search into tests of a row.

Values compare without regard to case, `*` is a wildcard, two numbers compare as numbers, a network in CIDR notation
equals the addresses in it. `f!=x` needs a value of f,
`NOT f=x` does not (Search Manual, *Difference between != and NOT*). Any value of a multivalue may match; what `!=`
means for a multivalue is not documented clearly and refused.
"""

import operator
from collections.abc import Callable
from typing import Any

from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.networks import in_network, is_network
from tests.spl.patterns import phrase, wildcard
from tests.spl.tree import AllOf, AnyOf, Compare, Everything, Not, Predicate, Subsearch, Term, TimeBound
from tests.spl.values import Row, Scalar, Value, each, number, text

SUBSEARCH_ROWS = 10_000
"""limits.conf [subsearch] maxout: further rows are dropped without a word, here as there."""

Test = Callable[[Row], bool]
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compile_predicate(node: Predicate, context: Context) -> Test:
    """A test of a row. Subsearches are run now."""
    if isinstance(node, AllOf | AnyOf):
        tests = [compile_predicate(part, context) for part in node.parts]
        return _all(tests) if isinstance(node, AllOf) else _any(tests)
    if isinstance(node, Not):
        part = compile_predicate(node.part, context)
        return lambda row: not part(row)
    if isinstance(node, Subsearch):
        return _any([_same(row) for row in node.pipeline.run([], context)[:SUBSEARCH_ROWS]])
    if isinstance(node, TimeBound):
        raise SplError(f"{node.which} can only be joined by AND at the start of a search", node.position)
    return _leaf(node)


def _leaf(node: Compare | Term | Everything) -> Test:
    if isinstance(node, Compare):
        return _compare(node)
    if isinstance(node, Term):
        pattern = phrase(node.phrase)
        return lambda row: any(pattern.search(text(raw)) for raw in each(row.get("_raw")))
    return lambda row: True


def _all(tests: list[Test]) -> Test:
    return lambda row: all(test(row) for test in tests)


def _any(tests: list[Test]) -> Test:
    return lambda row: any(test(row) for test in tests)


def _compare(node: Compare) -> Test:
    if node.operator in _ORDER:
        return _ordered(node)
    matches, field = _equals(node.field, node.value), node.field
    if node.operator == "=":
        return lambda row: any(matches(value) for value in each(row.get(field)))

    def differs(row: Row) -> bool:
        value = row.get(field)
        if isinstance(value, tuple):
            raise SplError(f"{field}!= of a multivalue: write NOT {field}=", node.position)
        return value is not None and not matches(value)

    return differs


def _equals(field: str, wanted: str) -> Callable[[Scalar], bool]:
    if wanted == "*":
        return lambda value: field != "index" or not text(value).startswith("_")
    if "*" in wanted:
        pattern = wildcard(wanted)
        return lambda value: bool(pattern.fullmatch(text(value)))
    if is_network(wanted):
        return lambda value: text(value) == wanted or in_network(wanted, text(value))
    folded, wanted_number = wanted.casefold(), number(wanted)
    if wanted_number is None:
        return lambda value: text(value).casefold() == folded
    return lambda value: text(value) == wanted or number(value) == wanted_number


def _ordered(node: Compare) -> Test:
    if "*" in node.value:
        raise SplError(f"a wildcard cannot be compared with {node.operator}", node.position)
    test, wanted, wanted_number = _ORDER[node.operator], node.value, number(node.value)

    def holds(value: Scalar) -> bool:
        found = number(value)
        if found is not None and wanted_number is not None:
            return test(found, wanted_number)
        return test(text(value).casefold(), wanted.casefold())

    return lambda row: any(holds(value) for value in each(row.get(node.field)))


def _same(row: Row) -> Test:
    """A subsearch row as `f=v AND g=w`, several values of a field as OR. Internal fields do not take part."""
    fields = {name: value for name, value in row.items() if value is not None and not name.startswith("_")}
    if {"search", "query"} & set(fields):
        raise SplError("a subsearch field named search or query is put in as search text: not implemented")
    if not fields:
        raise SplError("a subsearch row without fields: what it is put in as is not documented")
    return _all([_same_value(name, value) for name, value in fields.items()])


def _same_value(name: str, value: Value) -> Test:
    options = [_equals(name, text(item)) for item in each(value)]
    return lambda row: any(option(held) for held in each(row.get(name)) for option in options)
