"""Expressions of the workflow definition language (Azure Logic Apps: reference guide to functions in expressions).

Strict: an unknown function, a wrong number of brackets, an index without `?` into nothing are errors. All arguments are
evaluated, also those of `if`.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

Functions = dict[str, Callable[..., Any]]
_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|-?\d+(?:\.\d+)?|[A-Za-z_]\w*|\?\[|[\[\](),])")
_CONSTANTS = {"true": True, "false": False, "null": None}


class Refused(Exception):
    """An expression that Azure would reject, or that this interpreter does not support."""


def evaluated(value: Any, functions: Functions) -> Any:
    """The value with every expression in it evaluated."""
    if isinstance(value, dict):
        return {key: evaluated(item, functions) for key, item in value.items()}
    if isinstance(value, list):
        return [evaluated(item, functions) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("@") and not value.startswith(("@@", "@{")):
        return _whole(value[1:], functions)
    return _interpolated(value, functions)


def as_text(value: Any) -> str:
    """A value inside of text: nothing for null, JSON for what has parts."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _interpolated(text: str, functions: Functions) -> str:
    parts, at = [], 0
    while (start := text.find("@{", at)) >= 0:
        end = _closing(text, start + 2)
        parts += [text[at:start], as_text(_whole(text[start + 2 : end], functions))]
        at = end + 1
    return "".join(parts) + text[at:]


def _closing(text: str, at: int) -> int:
    """The brace that closes an expression; one in quotes does not."""
    quoted = False
    for index in range(at, len(text)):
        if text[index] == "'":
            quoted = not quoted
        elif text[index] == "}" and not quoted:
            return index
    raise Refused(f"no closing brace: {text}")


def _whole(text: str, functions: Functions) -> Any:
    parser = _Parser(text, functions)
    value = parser.value()
    if parser.tokens:
        raise Refused(f"{text}: {parser.tokens[0]!r} after its end")
    return value


class _Parser:
    """Parses and evaluates in one go."""

    def __init__(self, text: str, functions: Functions) -> None:
        self.text, self.functions = text, functions
        self.tokens = _tokens(text)

    def value(self) -> Any:
        token = self._next()
        if token.startswith("'"):
            value: Any = token[1:-1].replace("''", "'")
        elif token[0].isdigit() or token[0] == "-":
            value = float(token) if "." in token else int(token)
        elif token in _CONSTANTS:
            value = _CONSTANTS[token]
        else:
            value = self._call(token)
        while self.tokens and self.tokens[0] in ("[", "?["):
            value = self._indexed(value)
        return value

    def _call(self, name: str) -> Any:
        function = self.functions.get(name) or FUNCTIONS.get(name)
        if function is None:
            raise Refused(f"{self.text}: {name!r} is no function known here")
        self._expect("(")
        arguments = []
        while self.tokens and self.tokens[0] != ")":
            arguments.append(self.value())
            if self.tokens and self.tokens[0] == ",":
                self._next()
        self._expect(")")
        try:
            return function(*arguments)
        except (TypeError, ValueError, AttributeError) as error:
            raise Refused(f"{self.text}: {name}({', '.join(map(repr, arguments))}): {error}") from error

    def _indexed(self, value: Any) -> Any:
        safely = self._next() == "?["
        key = self.value()
        self._expect("]")
        if value is None and safely:
            return None
        if isinstance(value, dict):
            if key not in value and not safely:
                raise Refused(f"{self.text}: no {key!r}")
            return value.get(key)
        if isinstance(value, list) and isinstance(key, int) and key < len(value):
            return value[key]
        raise Refused(f"{self.text}: {key!r} of {value!r}")

    def _next(self) -> str:
        if not self.tokens:
            raise Refused(f"{self.text}: ends too early")
        return self.tokens.pop(0)

    def _expect(self, token: str) -> None:
        if (found := self._next()) != token:
            raise Refused(f"{self.text}: {found!r} where {token!r} belongs")


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Refused(f"{text}: not an expression from {text[at:]!r}")
        tokens.append(match.group(1))
        at = match.end()
    return tokens


def _datetime(text: str) -> datetime:
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))


def _written(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def _union(*lists: list[Any]) -> list[Any]:
    """Each item once, so that the union of a list with itself has no duplicates."""
    merged: list[Any] = []
    for item in [item for items in lists for item in items]:
        if item not in merged:
            merged.append(item)
    return merged


def _contains(whole: Any, part: Any) -> bool:
    if not isinstance(whole, str | list | dict):
        raise TypeError("neither text nor collection")
    return part in whole


FUNCTIONS: Functions = {
    "addDays": lambda text, days: _written(_datetime(text) + timedelta(days=days)),
    "addHours": lambda text, hours: _written(_datetime(text) + timedelta(hours=hours)),
    "and": lambda *values: all(values),
    "coalesce": lambda *values: next((value for value in values if value is not None), None),
    "concat": lambda *values: "".join(map(as_text, values)),
    "contains": _contains,
    "createArray": lambda *values: list(values),
    "empty": lambda value: value is None or len(value) == 0,
    "encodeURIComponent": lambda text: quote(text, safe="-_.!~*'()"),
    "equals": lambda one, other: type(one) is type(other) and one == other,
    "first": lambda items: items[0] if items else None,
    "greater": lambda one, other: one > other,
    "if": lambda condition, yes, no: yes if condition else no,
    "join": lambda items, between: between.join(map(as_text, items)),
    "json": json.loads,
    "last": lambda items: items[-1] if items else None,
    "length": len,
    "lessOrEquals": lambda one, other: one <= other,
    "mul": lambda one, other: one * other,
    "not": lambda value: not value,
    "or": lambda *values: any(values),
    "replace": lambda text, old, new: text.replace(old, new),
    "sort": sorted,
    "split": lambda text, by: text.split(by),
    # Documented as not case-sensitive.
    "startsWith": lambda text, start: text.lower().startswith(start.lower()),
    "string": as_text,
    "take": lambda items, count: items[:count],
    "ticks": lambda text: int(_datetime(text).timestamp() * 10_000_000),
    "toLower": lambda text: text.lower(),
    "trim": lambda text: text.strip(),
    "union": _union,
    "uriComponent": lambda text: quote(text, safe="-_.!~*'()"),
    "utcNow": lambda: _written(datetime.now(UTC)),
}
