"""A settings file as plain values, with the line of each key path.

Invariants:
- Bounded in bytes, depth and values, aliases expanded: no file takes more than a moment or more than a few MB.
- A problem is a message with file and line; none of them repeats text of the file that may be a secret.
- Plain scalars are read as YAML 1.2 reads them: `on`, `12:30`, `0123` and `2026-04-01` are text.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from forwarder.config.small_file import KIB, NotText, read_small_text
from forwarder.errors import InvalidSettings, Misconfigured
from forwarder.printable import printable

MOST_BYTES = 128 * KIB
DEEPEST = 20
MOST_VALUES = 10_000
KeyPath = tuple[str, ...]
"""`("sinks", "splunk", "token")`"""
_CORE = re.compile(r"true|false|[-+]?(?:0|[1-9]\d{0,30})|[-+]?(?:\d+\.\d*|\.\d+)(?:e[-+]?\d+)?", re.IGNORECASE)
_NOT_CORE = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("bool", "int", "float", "timestamp"))
_QUOTED = re.compile(r" ?'[^']{3,}'")
"""What a message of the YAML parser repeats of the file; a single character cannot be a secret."""
_FIXES = (("'\\t'", "; indent with spaces"), ("'@'", "; put the value in quotes"), ("'`'", "; put the value in quotes"))


class Document(NamedTuple):
    """The values, and the line of each key path."""

    tree: Any
    lines: dict[KeyPath, int]


class _Loader(yaml.SafeLoader):
    """Composes nodes up to `DEEPEST`; the parser itself would end in a `RecursionError`, or in hours."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """See `yaml.composer.Composer`."""
        self.depth += 1
        if self.depth > DEEPEST:
            mark = parent.start_mark if parent else None
            raise yaml.MarkedYAMLError(problem=f"nested deeper than {DEEPEST} levels", problem_mark=mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read_document(file: Path) -> Document:
    """The document in a file; an empty one is `{}`. Raises `Misconfigured` with one line per problem."""
    try:
        text = read_small_text(file, MOST_BYTES)
    except NotText as error:
        raise Misconfigured(f"{file}: cannot be read: it is {error}") from None
    except OSError as error:
        raise Misconfigured(f"{file}: cannot be read ({error.strerror}); check the path and its permissions") from None
    return parse_document(text, str(file))


def parse_document(text: str, name: str) -> Document:
    """The document in a text. `name`: the file or variable it stands in. Raises as `read_document`."""
    reading = _Reading(name)
    try:
        node = yaml.compose(text, Loader=_Loader)
        tree = reading.value(node, ()) if node else {}
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        code = error.character if isinstance(error.character, int) else ord(error.character)
        raise Misconfigured(f"{name}:{line}: not YAML: contains the character U+{code:04X}; is it text?") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Misconfigured(f"{name}:{line}: not YAML: {_problem(error)}") from None
    if reading.problems:
        raise InvalidSettings("\n".join(map(printable, reading.problems)))
    return Document(tree, reading.lines)


class _Reading:
    """Makes plain values of nodes."""

    def __init__(self, name: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[str] = []
        self._name = name
        self._values = 0
        self._open: list[yaml.Node] = []

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        """The value of a node. Raises `Misconfigured` where aliases make it endless."""
        self._values += 1
        if node in self._open:
            raise Misconfigured(f"{self._place(node)}: an alias refers to itself; remove it")
        if self._values > MOST_VALUES:
            raise Misconfigured(
                f"{self._place(node)}: more than {MOST_VALUES:,} values, aliases included; remove the aliases"
            )
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self._open.append(node)
        inner = self._mapping(node, path) if isinstance(node, yaml.MappingNode) else self._list(node, path)
        self._open.pop()
        return inner

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(f"{self._place(key_node)}: {'.'.join(path)}: a key must be a string")
                continue
            inner = (*path, key_node.value)
            if key_node.value in tree:
                self.problems.append(f"{self._place(key_node)}: {'.'.join(inner)}: duplicate key; keep one")
            self.lines[inner] = key_node.start_mark.line + 1
            tree[key_node.value] = self.value(value_node, inner)
        return tree

    def _list(self, node: yaml.Node, path: KeyPath) -> list[Any]:
        return [self.value(item, (*path, str(number))) for number, item in enumerate(node.value)]

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        if node.tag in _NOT_CORE and not _CORE.fullmatch(node.value):
            return node.value
        try:
            return yaml.SafeLoader("").construct_object(node)
        except (ValueError, yaml.YAMLError):
            fix = "the value does not match its YAML type; put it in quotes"
            self.problems.append(f"{self._place(node)}: {'.'.join(path)}: {fix}")
            return None

    def _place(self, node: yaml.Node) -> str:
        return f"{self._name}:{node.start_mark.line + 1}"


def _problem(error: yaml.MarkedYAMLError) -> str:
    """What is wrong, on one line and without quoting the file, and how to fix it where that is known."""
    problem = " ".join((error.problem or "cannot be read").split())
    fix = next((fix for sign, fix in _FIXES if sign in problem), "")
    return _QUOTED.sub("", problem) + fix
