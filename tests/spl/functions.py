"""The functions of eval: one table of plain functions, one of forms that see their arguments unevaluated.

Source: Search Reference, *Evaluation functions*. A plain function gets single values, and gives null as soon as an
argument is null, unless it is marked as taking nulls or multivalues.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.spl.errors import SplError
from tests.spl.functions_multivalue import MULTIVALUE
from tests.spl.functions_number import NUMBERS
from tests.spl.functions_text import TEXTS
from tests.spl.signature import Signature
from tests.spl.tree import Call, Expression, FieldRef
from tests.spl.values import Row, Value, each, multivalue, number, text

Evaluate = Callable[[Row], Value]


@dataclass(frozen=True)
class Function:
    """A function of evaluated arguments and how many it takes."""

    signature: Signature

    def check(self, node: Call) -> None:
        """Refuses a call with too few or too many arguments."""
        least, most = self.signature.least, self.signature.most
        given = len(node.arguments)
        if given < least or (most is not None and given > most):
            allowed = "any number of" if most is None else most
            raise SplError(f"{node.function}() takes {least} to {allowed} arguments", node.position)

    def applied(self, node: Call, arguments: list[Evaluate]) -> Evaluate:
        """The call as a function of a row."""
        body = self.signature.body
        nulls, multivalues, name, position = (
            self.signature.nulls,
            self.signature.multivalues,
            node.function,
            node.position,
        )

        def value(row: Row) -> Value:
            given = [argument(row) for argument in arguments]
            if not nulls and None in given:
                return None
            if not multivalues and any(isinstance(item, tuple) for item in given):
                raise SplError(f"{name}() of a multivalue is not implemented", position)
            try:
                result: Value = body(*given)
            except SplError as error:
                raise SplError(f"{name}(): {error}", position) from error
            return result

        return value


def _typeof(value: Value) -> str:
    if value is None:
        return "Invalid"
    if isinstance(value, tuple):
        return "Multivalue"
    if isinstance(value, bool):
        return "Boolean"
    return "String" if number(value) is None else "Number"


def _among(wanted: Any, *options: Any) -> bool:
    return any(
        number(wanted) == number(option)
        if number(wanted) is not None and number(option) is not None
        else text(wanted) == text(option)
        for option in options
    )


_GENERAL = {
    "null": Signature(lambda: None, 0, 0),
    "true": Signature(lambda: True, 0, 0),
    "false": Signature(lambda: False, 0, 0),
    "isnull": Signature(lambda value: value is None, 1, 1, nulls=True, multivalues=True),
    "isnotnull": Signature(lambda value: value is not None, 1, 1, nulls=True, multivalues=True),
    "coalesce": Signature(
        lambda *values: next((value for value in values if value is not None), None),
        1,
        None,
        nulls=True,
        multivalues=True,
    ),
    "typeof": Signature(_typeof, 1, 1, nulls=True, multivalues=True),
    "isnum": Signature(lambda value: _typeof(value) == "Number", 1, 1, nulls=True),
    "isstr": Signature(lambda value: _typeof(value) == "String", 1, 1, nulls=True),
    "in": Signature(_among, 2, None),
}
FUNCTIONS = {name: Function(row) for name, row in (_GENERAL | NUMBERS | TEXTS | MULTIVALUE).items()}


def _condition(value: Value, position: int) -> bool:
    if value is None or isinstance(value, bool):
        return value is True
    raise SplError(f"expected a condition, found the value {value!r}", position)


def _if(node: Call, arguments: list[Evaluate]) -> Evaluate:
    if len(arguments) != 3:
        raise SplError("if() takes 3 arguments", node.position)
    test, then, other = arguments
    return lambda row: then(row) if _condition(test(row), node.position) else other(row)


def _case(node: Call, arguments: list[Evaluate]) -> Evaluate:
    if not arguments or len(arguments) % 2:
        raise SplError("case() takes pairs of a condition and a value", node.position)
    pairs = list(zip(arguments[::2], arguments[1::2], strict=True))

    def value(row: Row) -> Value:
        return next((then(row) for test, then in pairs if _condition(test(row), node.position)), None)

    return value


def _mvfilter(node: Call, arguments: list[Evaluate]) -> Evaluate:
    names = _fields(node)
    if len(arguments) != 1 or len(names) != 1:
        raise SplError("mvfilter() takes one condition on one field", node.position)
    (name,), (test,) = names, arguments
    return lambda row: multivalue(item for item in each(row.get(name)) if _condition(test({name: item}), node.position))


def _fields(expression: Expression) -> set[str]:
    if isinstance(expression, FieldRef):
        return {expression.name}
    children = [getattr(expression, part, None) for part in ("operand", "left", "right")]
    inner = [child for child in children if child is not None] + list(getattr(expression, "arguments", ()))
    return set().union(*(_fields(child) for child in inner))


FORMS: dict[str, Callable[[Call, list[Evaluate]], Evaluate]] = {"if": _if, "case": _case, "mvfilter": _mvfilter}
