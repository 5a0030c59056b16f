"""Items of the solution by kind, in the order of their paths.

Folders and forms are those of the Azure-Sentinel repository. A parser may have the repository's form for functions
(`FunctionName`, `FunctionQuery`) or the one for ASIM (`ParserName`, `ParserQuery`, `ParserParams`).
"""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import yaml

ROOT = "sentinel/"


class Item(NamedTuple):
    """One file of the solution."""

    path: str
    """From the solution's folder: `Analytic Rules/ClaudeX.yaml`."""
    document: dict[str, Any]

    @property
    def name(self) -> str:
        """The file's name without its ending; of a playbook that of its folder."""
        path = PurePosixPath(self.path)
        return path.parent.name if path.name == "azuredeploy.json" else path.stem


class SavedFunction(NamedTuple):
    """A parser, whatever its form."""

    name: str
    category: str
    parameters: str
    """As a KQL declaration."""
    query: str


class Inventory(NamedTuple):
    """Everything, by kind."""

    rules: list[Item]
    parsers: list[Item]
    hunts: list[Item]
    workbooks: list[Item]
    watchlists: list[Item]
    playbooks: list[Item]
    connector: list[Item]

    @property
    def functions(self) -> list[SavedFunction]:
        """The parsers as functions."""
        return [saved_function(item.document) for item in self.parsers]

    @property
    def queries(self) -> dict[str, str]:
        """Name and body of every function."""
        return {function.name: function.query for function in self.functions}


def inventory(files: Mapping[str, str]) -> Inventory:
    """The items among these files (path from the project's root → text)."""
    return Inventory(
        rules=_items(files, "Analytic Rules", ".yaml"),
        parsers=_items(files, "Parsers", ".yaml"),
        hunts=_items(files, "Hunting Queries", ".yaml"),
        workbooks=_items(files, "Workbooks", ".json"),
        watchlists=_items(files, "Watchlists", ".json"),
        playbooks=_items(files, "Playbooks", "/azuredeploy.json"),
        connector=_items(files, "Data Connectors", ".json"),
    )


def _items(files: Mapping[str, str], folder: str, ending: str) -> list[Item]:
    start = f"{ROOT}{folder}/"
    paths = sorted(path for path in files if path.startswith(start) and path.endswith(ending))
    return [Item(path.removeprefix(ROOT), _read(path, files[path])) for path in paths]


def _read(path: str, text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text) if path.endswith(".json") else yaml.safe_load(text)
    return document


def saved_function(document: Mapping[str, Any]) -> SavedFunction:
    """A parser's file as a function."""
    if "ParserName" in document:
        declared = ", ".join(_declared(parameter) for parameter in document.get("ParserParams", []))
        return SavedFunction(document["ParserName"], "ASIM", declared, document["ParserQuery"].strip())
    return SavedFunction(
        document["FunctionName"],
        document["Category"],
        document.get("FunctionParams") or "",
        document["FunctionQuery"].strip(),
    )


def _declared(parameter: Mapping[str, Any]) -> str:
    """A parameter of an ASIM parser as KQL declares it; the file writes defaults as KQL does."""
    default = parameter["Default"]
    written = str(default).lower() if isinstance(default, bool) else default
    return f"{parameter['Name']}:{parameter['Type']}={written}"
