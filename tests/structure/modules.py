"""The package's modules, parsed: their size, what they define, and which of them import which."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import forwarder

PACKAGE = Path(forwarder.__file__).parent


class Module(NamedTuple):
    """One file of the package."""

    name: str
    """As it is imported."""
    path: Path
    lines: int
    tree: ast.Module

    @property
    def docstring(self) -> str:
        """What stands at its top."""
        return ast.get_docstring(self.tree) or ""


@cache
def modules() -> dict[str, Module]:
    """Every module but the `__init__` and `__main__` of packages, by name."""
    return {module.name: module for path in sorted(PACKAGE.rglob("*.py")) for module in _read(path)}


@cache
def importers() -> dict[str, set[str]]:
    """Module → the files of the package that import it, `__init__` included."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in _imported(node):
                found[name].add(str(path.relative_to(PACKAGE)))
    return found


def _read(path: Path) -> Iterator[Module]:
    if path.stem not in ("__init__", "__main__"):
        text = path.read_text(encoding="utf-8")
        name = ".".join(("forwarder", *path.relative_to(PACKAGE).with_suffix("").parts))
        yield Module(name, path, len(text.splitlines()), ast.parse(text))


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
