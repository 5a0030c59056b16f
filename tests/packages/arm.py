"""Reads a deployment template: the names of its resources and what their expressions refer to."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

TEMPLATE: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent.parent / "sentinel" / "mainTemplate.json").read_text()
)
_TOKEN = re.compile(r"'[^']*'|\w+|[()]")
_TYPE_AT = {"resourceId": 0, "subscriptionResourceId": 0, "extensionResourceId": 1}
"""Functions that make a resource's id, and which argument is its type; the name is the last."""
PARAMETER = "(parameter)"


class Call(NamedTuple):
    """A function of an expression with its arguments."""

    function: str
    arguments: list["Call | str"]


def of_type(kind: str) -> list[dict[str, Any]]:
    """The resources whose type ends so."""
    return [resource for resource in TEMPLATE["resources"] if resource["type"].endswith(f"/{kind}")]


def identity(resource: dict[str, Any]) -> tuple[str, str]:
    """Type and last part of the name: what makes a resource unique here, and what others refer to."""
    name = resource["name"]
    last = str(_expression(name).arguments[-1]) if name.startswith("[") else name
    return resource["type"], last.lstrip("/")


def references(text: str) -> list[tuple[str, str]]:
    """Type and name of every resource that an expression refers to, not counting what that one is in."""
    return list(_references(_expression(text)))


def parameters_used(value: Any) -> set[str]:
    """Every parameter named anywhere."""
    return set(re.findall(r"parameters\('(\w+)'\)", json.dumps(value)))


def expressions(value: Any) -> Iterator[str]:
    """Every text that Resource Manager evaluates."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from expressions(item)
    elif isinstance(value, str) and value.startswith("[") and not value.startswith("[["):
        yield value


def _references(call: Call) -> Iterator[tuple[str, str]]:
    if call.function in _TYPE_AT:
        kind, name = call.arguments[_TYPE_AT[call.function]], call.arguments[-1]
        yield str(kind), PARAMETER if isinstance(name, Call) else name
        return
    for argument in call.arguments:
        if isinstance(argument, Call):
            yield from _references(argument)


def _expression(text: str) -> Call:
    tokens = _TOKEN.findall(text)
    return _call(tokens[0], iter(tokens[1:]))


def _call(function: str, tokens: Iterator[str]) -> Call:
    """The call whose opening bracket comes next."""
    assert next(tokens) == "("
    arguments: list[Call | str] = []
    while (token := next(tokens)) != ")":
        arguments.append(token[1:-1] if token.startswith("'") else _call(token, tokens))
    return Call(function, arguments)
