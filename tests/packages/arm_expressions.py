"""Expressions of Resource Manager templates, parsed (Azure Resource Manager: template functions, template syntax)."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|-?\d+|[A-Za-z]\w*|[()\[\],.])")
FUNCTIONS = {
    "and",
    "concat",
    "environment",
    "equals",
    "extensionResourceId",
    "guid",
    "if",
    "join",
    "json",
    "length",
    "newGuid",
}
FUNCTIONS |= {"parameters", "reference", "resourceGroup", "resourceId", "sub", "subscription", "subscriptionResourceId"}
FUNCTIONS |= {"newGuid", "substring", "take", "uniqueString", "variables"}
"""Those that our templates use."""


class Malformed(ValueError):
    """Text that Resource Manager would reject as an expression."""


class Call(NamedTuple):
    """A function of an expression with its arguments; `path`: what is read of its result."""

    function: str
    arguments: list["Call | str | int"]
    path: tuple[str | int, ...] = ()


def parsed(text: str) -> Call:
    """The call that an expression (`[…]`) is. Raises `Malformed`."""
    if not text.endswith("]"):
        raise Malformed(f"{text}: no closing bracket")
    tokens = _tokens(text[1:-1])
    value = _value(tokens, text)
    if tokens:
        raise Malformed(f"{text}: {tokens[0]!r} after its end")
    if not isinstance(value, Call):
        raise Malformed(f"{text}: no function")
    return value


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Malformed(f"[{text}]: not an expression from {text[at:]!r}")
        tokens.append(match.group(1))
        at = match.end()
    return tokens


def _value(tokens: list[str], text: str) -> Call | str | int:
    token = _next(tokens, text)
    if token.startswith("'"):
        return token[1:-1].replace("''", "'")
    if token.lstrip("-").isdigit():
        return int(token)
    if token not in FUNCTIONS:
        raise Malformed(f"{text}: {token!r} is no function known here")
    _expect("(", tokens, text)
    arguments: list[Call | str | int] = []
    while tokens and tokens[0] != ")":
        arguments.append(_value(tokens, text))
        if tokens and tokens[0] == ",":
            tokens.pop(0)
    _expect(")", tokens, text)
    return Call(token, arguments, tuple(_path(tokens, text)))


def _path(tokens: list[str], text: str) -> Iterator[str | int]:
    while tokens and tokens[0] in ".[":
        if tokens.pop(0) == ".":
            yield _next(tokens, text)
        else:
            key = _value(tokens, text)
            if isinstance(key, Call):
                raise Malformed(f"{text}: an index that is a call")
            yield key
            _expect("]", tokens, text)


def _next(tokens: list[str], text: str) -> str:
    if not tokens:
        raise Malformed(f"{text}: ends too early")
    return tokens.pop(0)


def _expect(token: str, tokens: list[str], text: str) -> None:
    if (found := _next(tokens, text)) != token:
        raise Malformed(f"{text}: {found!r} where {token!r} belongs")


def is_expression(value: Any) -> bool:
    """Whether Resource Manager evaluates this."""
    return isinstance(value, str) and value.startswith("[") and not value.startswith("[[")


def expressions(value: Any) -> Iterator[str]:
    """Every text in the value that Resource Manager evaluates."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from expressions(item)
    elif is_expression(value):
        yield value


def calls(call: Call) -> Iterator[Call]:
    """The call and every call in it."""
    yield call
    for argument in call.arguments:
        if isinstance(argument, Call):
            yield from calls(argument)


def named(text: str, function: str) -> set[str]:
    """The names that `parameters(…)` or `variables(…)` ask for in an expression."""
    return {str(call.arguments[0]) for call in calls(parsed(text)) if call.function == function}
