"""rex and spath: what takes fields out of text."""

import json
import re
from dataclasses import dataclass

from tests.spl.arguments import field, options
from tests.spl.context import Context
from tests.spl.errors import SplError
from tests.spl.events import json_leaf
from tests.spl.grammar_search import Grammar, ParsePipeline
from tests.spl.lexer import Scanner
from tests.spl.patterns import perl
from tests.spl.values import Row, Scalar, Value, multivalue, text


@dataclass(frozen=True)
class Rex:
    """`rex field=f "(?<name>…)"`: the first match's named groups become fields."""

    field: str
    pattern: str
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows with the fields of the groups that took part in a match."""
        pattern = perl(self.pattern)
        if not pattern.groupindex:
            raise SplError("rex: the pattern names no group", self.position)
        for row in rows:
            match = pattern.search(_one(row.get(self.field), self.position))
            row.update(_groups(match) if match else {})
        return rows


def _groups(match: re.Match[str]) -> dict[str, Value]:
    return {name: found for name, found in match.groupdict().items() if found is not None}


def _one(value: Value, position: int) -> str:
    """A single value; null is a text that holds nothing."""
    if isinstance(value, tuple):
        raise SplError("rex and spath of a multivalue are not implemented", position)
    return "" if value is None else text(value)


@dataclass(frozen=True)
class Spath:
    """`spath input=f path=a.b{}.c output=o`."""

    source: str
    path: str
    output: str
    position: int

    def run(self, rows: list[Row], context: Context) -> list[Row]:
        """The rows with what the path reaches; objects and arrays come as JSON text."""
        for row in rows:
            document = _document(_one(row.get(self.source), self.position))
            found = _reached([document], self.path.split("."))
            if found:
                row[self.output] = multivalue(found)
        return rows


def _document(written: str) -> object:
    try:
        document: object = json.loads(written, parse_int=str, parse_float=str)
    except ValueError:
        return None
    return document


def _reached(nodes: list[object], steps: list[str]) -> list[Scalar]:
    for step in steps:
        name, depth = step.removesuffix("{}" * step.count("{}")), step.count("{}")
        nodes = [node[name] for node in nodes if isinstance(node, dict) and name in node]
        for _ in range(depth):
            nodes = [item for node in nodes if isinstance(node, list) for item in node]
    return [json_leaf(node) for node in nodes]


def _rex(scanner: Scanner, subsearch: ParsePipeline) -> Rex:
    found = options(scanner, ("field",), "rex")
    token = scanner.take()
    if token.kind != "string":
        raise SplError("rex: expected a pattern in double quotes", token.start)
    return Rex(found["field"].text if "field" in found else "_raw", token.text, token.start)


def _spath(scanner: Scanner, subsearch: ParsePipeline) -> Spath:
    position = scanner.peek().start
    found = options(scanner, ("input", "path", "output"), "spath")
    if "path" not in found and scanner.at_end_of_command():
        raise SplError("spath without a path is not implemented", position)
    path = found["path"].text if "path" in found else field(scanner)
    found |= options(scanner, ("input", "output"), "spath")
    if re.search(r"\{[^}]|\*|@", path):
        raise SplError(f"spath: the path {path} is not implemented", position)
    source, output = (found[name].text if name in found else None for name in ("input", "output"))
    return Spath(source or "_raw", path, output or path, position)


GRAMMAR: Grammar = {"rex": _rex, "spath": _spath}
