"""What this version ships for Microsoft Sentinel: the files to deploy, and their content."""

import csv
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

from forwarder.bundled import bundled, rule_folders

TEMPLATE = "azuredeploy.json"
_ROOT = "sentinel"
_DEPLOYED = (TEMPLATE, "deploy", "Playbooks")
"""The rest of the folder is what these are made of, or for the content hub."""
_LINES = re.compile(r"\[join\(variables\('(\w+)'\), '\n'\)\]")
_FUNCTIONS, _RULES, _LISTS = "/savedSearches", "/alertRules", "/watchlists"


class WorkspaceFunction(NamedTuple):
    """A saved search that queries call by its alias."""

    parameters: str
    """Such as `lookback:timespan=14d, disabled:bool=false`; empty: it has none."""
    body: str


class AnalyticsRule(NamedTuple):
    """An analytics rule with a query."""

    title: str
    query: str
    enabled: bool
    period: str
    """How far it looks back, as ISO 8601: `P14D`. Empty for a near-real-time rule, which has none."""


@cache
def solution() -> dict[str, str]:
    """Path and text of every file that is deployed, by its path in the project's folder `sentinel/`."""
    return {
        path: file.read_text("utf-8") for name in _DEPLOYED for path, file in _files(name, bundled(f"{_ROOT}/{name}"))
    }


def _files(path: str, place: Traversable) -> Iterator[tuple[str, Traversable]]:
    if place.is_file():
        yield path, place
        return
    for entry in sorted(place.iterdir(), key=lambda entry: entry.name):
        yield from _files(f"{path}/{entry.name}", entry)


@cache
def template() -> dict[str, Any]:
    """The deployment template: everything but the playbooks."""
    found: dict[str, Any] = json.loads(solution()[TEMPLATE])
    return found


def shipped_functions() -> dict[str, WorkspaceFunction]:
    """The functions by alias."""
    return {
        one["functionAlias"]: WorkspaceFunction(one["functionParameters"], _query(one["query"]))
        for one in _properties(_FUNCTIONS)
        if "functionAlias" in one
    }


def shipped_rules() -> dict[str, AnalyticsRule]:
    """The rules by id in lower case. Whether they are enabled is a parameter of the deployment."""
    return {
        one["name"].lower(): AnalyticsRule(
            properties["displayName"], properties["query"], True, properties.get("queryPeriod", "")
        )
        for one in _resources(_RULES)
        for properties in [one["properties"]]
    }


def shipped_watchlists() -> dict[str, list[dict[str, str]]]:
    """The rows of the watchlists by alias."""
    return {one["watchlistAlias"]: list(csv.DictReader(one["rawContent"].splitlines())) for one in _properties(_LISTS)}


def rule_ids() -> dict[str, str]:
    """Rule (`family/name`) and the id by which it is deployed."""
    return {rule.name: str(rule.facts["id"]) for rule in rule_folders()}


def _query(text: str) -> str:
    """The query of a function; the template has the lines of a long one as a variable."""
    variable = _LINES.fullmatch(text)
    if variable is None:
        return text
    lines: list[str] = template()["variables"][variable[1]]
    return "\n".join(line[1:] if line.startswith("[[") else line for line in lines)


def _properties(kind: str) -> Iterator[dict[str, Any]]:
    return (resource["properties"] for resource in _resources(kind))


def _resources(kind: str) -> Iterator[dict[str, Any]]:
    return (resource for resource in template()["resources"] if resource["type"].endswith(kind))
