"""Compiles expressions of eval into functions of a row.

Comparing or computing with null gives null. Where the documentation does not say what Splunk does (NOT of null,
comparing a multivalue, joining text and number with `+`), the row is refused instead of guessed.
"""

import operator
from collections.abc import Callable
from typing import Any

from tests.spl.errors import SplError
from tests.spl.functions import FORMS, FUNCTIONS, Evaluate, Function
from tests.spl.functions_time import time_functions
from tests.spl.tree import Binary, Call, Constant, Expression, FieldRef, Unary
from tests.spl.values import Number, Row, Scalar, Value, number, text, tidy

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[Number, Number], Number]] = {
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": lambda left, right: left - right * int(left / right),
}


class Compiler:
    """Compiles for one search, whose clock stands at `now`."""

    def __init__(self, now: float) -> None:
        self._functions: dict[str, Function] = FUNCTIONS | time_functions(now)

    def compile(self, expression: Expression) -> Evaluate:
        """A function that gives the expression's value in a row."""
        if isinstance(expression, Constant):
            return _constant(expression.value)
        if isinstance(expression, FieldRef):
            return _field(expression.name)
        if isinstance(expression, Unary):
            return self._unary(expression)
        if isinstance(expression, Binary):
            return self._binary(expression)
        return self._call(expression)

    def condition(self, expression: Expression, position: int) -> Callable[[Row], bool]:
        """A test of a row; null is not true, and anything but a boolean is an error."""
        evaluate = self.compile(expression)

        def holds(row: Row) -> bool:
            return truth(evaluate(row), position) is True

        return holds

    def _unary(self, node: Unary) -> Evaluate:
        operand, position = self.compile(node.operand), node.position
        if node.operator == "NOT":
            return lambda row: _negated(operand(row), position)
        return lambda row: _arithmetic("-", 0, operand(row), position)

    def _binary(self, node: Binary) -> Evaluate:
        left, right = self.compile(node.left), self.compile(node.right)
        sign, position = node.operator, node.position
        if sign in ("AND", "OR"):
            deciding = sign == "OR"
            return lambda row: _logical(deciding, truth(left(row), position), truth(right(row), position))
        if sign in _ORDER:
            test = _ORDER[sign]
            return lambda row: _compared(test, left(row), right(row), position)
        if sign == ".":
            return lambda row: _joined(left(row), right(row), position)
        if sign == "+":
            return lambda row: _added(left(row), right(row), position)
        return lambda row: _arithmetic(sign, left(row), right(row), position)

    def _call(self, node: Call) -> Evaluate:
        arguments = [self.compile(argument) for argument in node.arguments]
        if node.function in FORMS:
            return FORMS[node.function](node, arguments)
        function = self._functions.get(node.function)
        if function is None:
            raise SplError(f"function {node.function}() is not implemented", node.position)
        function.check(node)
        return function.applied(node, arguments)


def truth(value: Value, position: int) -> bool | None:
    """A boolean or null as it is; anything else is no condition."""
    if value is None or isinstance(value, bool):
        return value
    raise SplError(f"expected a condition, found the value {value!r}", position)


def single(value: Value, position: int) -> Scalar | None:
    """The value, unless it is a multivalue."""
    if isinstance(value, tuple):
        raise SplError(f"the multivalue {value!r} stands where one value is expected", position)
    return value


def _constant(value: Scalar) -> Evaluate:
    return lambda row: value


def _field(name: str) -> Evaluate:
    return lambda row: row.get(name)


def _negated(value: Value, position: int) -> bool:
    held = truth(value, position)
    if held is None:
        raise SplError("NOT of null: what Splunk gives is not documented; use coalesce() or isnull()", position)
    return not held


def _logical(deciding: bool, left: bool | None, right: bool | None) -> bool | None:
    if left is deciding or right is deciding:
        return deciding
    return None if left is None or right is None else not deciding


def _compared(test: Callable[[Any, Any], bool], left: Value, right: Value, position: int) -> bool | None:
    one, other = single(left, position), single(right, position)
    if one is None or other is None:
        return None
    if isinstance(one, bool) or isinstance(other, bool):
        raise SplError("comparing booleans is not implemented", position)
    first, second = number(one), number(other)
    if first is not None and second is not None:
        return test(first, second)
    return test(text(one), text(other))


def _joined(left: Value, right: Value, position: int) -> Value:
    one, other = single(left, position), single(right, position)
    return None if one is None or other is None else text(one) + text(other)


def _added(left: Value, right: Value, position: int) -> Value:
    one, other = single(left, position), single(right, position)
    if one is None or other is None:
        return None
    first, second = number(one), number(other)
    if first is not None and second is not None:
        return tidy(first + second)
    if first is None and second is None:
        return text(one) + text(other)
    raise SplError("`+` takes two numbers or two texts; use `.` to join text", position)


def _arithmetic(sign: str, left: Value, right: Value, position: int) -> Value:
    first, second = number(single(left, position)), number(single(right, position))
    if first is None or second is None or (second == 0 and sign in "/%"):
        return None
    return tidy(_ARITHMETIC[sign](first, second))
