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
    """What each file says."""
    found = {str(path.relative_to(SENTINEL)): yaml.safe_load(path.read_text()) for path in SENTINEL.glob("*/*.yaml")}
    return {name: told for name, told in sorted(found.items()) if any(key in told for key in _TEXTS)}


def texts() -> dict[str, str]:
    """The KQL of each file."""
    return {name: next(told[key] for key in _TEXTS if key in told) for name, told in files().items()}


def functions() -> dict[str, WorkspaceFunction]:
    """The functions by alias."""
    held = [told for told in files().values() if "FunctionAlias" in told]
    return {told["FunctionAlias"]: WorkspaceFunction(told["FunctionParams"], told["FunctionQuery"]) for told in held}


def rules() -> dict[str, str]:
    """The queries of the analytics rules by id."""
    return {str(told["id"]): told["query"] for name, told in files().items() if name.startswith("Analytic Rules")}
