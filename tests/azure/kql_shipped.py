"""Every query and function of the solution, by its file below `sentinel/`."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from forwarder.azure.solution import WorkspaceFunction

SENTINEL = Path(__file__).parent.parent.parent / "sentinel"
_TEXTS = ("query", "FunctionQuery", "ParserQuery")


@cache
def files() -> dict[str, dict[str, Any]]:
    """The content of each file."""
    found = {str(path.relative_to(SENTINEL)): yaml.safe_load(path.read_text()) for path in SENTINEL.glob("*/*.yaml")}
    return {name: content for name, content in sorted(found.items()) if any(key in content for key in _TEXTS)}


def texts() -> dict[str, str]:
    """The KQL of each file."""
    return {name: next(content[key] for key in _TEXTS if key in content) for name, content in files().items()}


def functions() -> dict[str, WorkspaceFunction]:
    """The functions by alias."""
    with_alias = [content for content in files().values() if "FunctionAlias" in content]
    return {one["FunctionAlias"]: WorkspaceFunction(one["FunctionParams"], one["FunctionQuery"]) for one in with_alias}


def rules() -> dict[str, str]:
    """The queries of the analytics rules by id."""
    return {str(one["id"]): one["query"] for name, one in files().items() if name.startswith("Analytic Rules")}
