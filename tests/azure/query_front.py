"""The statements in front of a query: `let` statements that are functions and views of tables, read by character."""

import re
from typing import NamedTuple

_LET = re.compile(r"\s*let\s+(\w+)\s*=\s*")
_VIEW = re.compile(
    r"table\s*\(\s*['\"](?P<table>\w+)['\"]\s*\)\s*\|\s*where\s+TimeGenerated\s*>=\s*datetime\((?P<since>[^)]+)\)"
    r"\s+and\s+tostring\(metadata\.labels\)\s+has\s+['\"](?P<term>\w+)['\"]\s*;"
)
_CLOSES = {"(": ")", "{": "}"}
_BLANK = re.compile(r"\s*")


class View(NamedTuple):
    """The rows of a table from a time on whose labels have a term."""

    table: str
    since: str
    term: str


class Function(NamedTuple):
    """Parameters and body as text."""

    parameters: str
    body: str


class Front(NamedTuple):
    """The statements by name, and what follows them."""

    views: dict[str, View]
    functions: dict[str, Function]
    rest: str


def front(query: str) -> Front:
    """Reads views and functions until the first statement that is neither."""
    views: dict[str, View] = {}
    functions: dict[str, Function] = {}
    while found := _LET.match(query):
        name, rest = found[1], query[found.end() :]
        if view := _VIEW.match(rest):
            views[name], query = View(**view.groupdict()), rest[view.end() :]
        elif rest.startswith("("):
            parameters, rest = _within(rest)
            body, rest = _within(rest[_blank(rest) :])
            functions[name] = Function(parameters, body)
            query = rest[_blank(rest) :].removeprefix(";")
        else:
            break
    return Front(views, functions, query)


def _blank(text: str) -> int:
    found = _BLANK.match(text)
    return found.end() if found else 0


def _within(text: str) -> tuple[str, str]:
    """What the bracket at the start encloses, and what follows it. Brackets in strings and comments do not count."""
    opens, closes, depth, at = text[0], _CLOSES[text[0]], 0, 0
    while at < len(text):
        if text[at] in "'\"":
            at = _after_string(text, at)
            continue
        if text.startswith("//", at):
            at = text.find("\n", at)
            continue
        depth += (text[at] == opens) - (text[at] == closes)
        at += 1
        if not depth:
            return text[1 : at - 1], text[at:]
    raise ValueError(f"{opens} is never closed: {text[:60]!r}")


def _after_string(text: str, at: int) -> int:
    quote, verbatim = text[at], text[at - 1 : at] == "@"
    at += 1
    while text[at] != quote:
        at += 2 if text[at] == "\\" and not verbatim else 1
    return at + 1
