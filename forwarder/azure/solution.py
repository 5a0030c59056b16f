"""What this version ships for Microsoft Sentinel: the files to deploy, and what is in them."""

import csv
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any

from forwarder.azure.installed import Function, Rule
from forwarder.bundled import bundled
from forwarder.siem.bundle import bundled_rules

TEMPLATE = "azuredeploy.json"
_ROOT = "sentinel"
_DEPLOYED = (TEMPLATE, "deploy", "Playbooks")
"""The rest of the folder is what these are made of, or for the content hub."""
_FUNCTIONS, _RULES, _LISTS = "/savedSearches", "/alertRules", "/watchlists"


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
    """The deployment: everything but the playbooks."""
    found: dict[str, Any] = json.loads(solution()[TEMPLATE])
    return found


def shipped_functions() -> dict[str, Function]:
    """The functions by alias."""
    return {
        one["functionAlias"]: Function(one["functionParameters"], one["query"])
        for one in _properties(_FUNCTIONS)
        if "functionAlias" in one
    }


def shipped_rules() -> dict[str, Rule]:
    """The rules by id in lower case; whether they run is the deployment's to say."""
    return {
        one["name"].lower(): Rule(told["displayName"], told["query"], True, told["queryPeriod"])
        for one in _resources(_RULES)
        for told in [one["properties"]]
    }


def shipped_watchlists() -> dict[str, list[dict[str, str]]]:
    """The rows of the watchlists by alias."""
    return {one["watchlistAlias"]: list(csv.DictReader(one["rawContent"].splitlines())) for one in _properties(_LISTS)}


def rule_ids() -> dict[str, str]:
    """Rule (`family/name`) and the id by which it is deployed."""
    return {rule.name: str(rule.facts["id"]) for rule in bundled_rules()}


def _properties(kind: str) -> Iterator[dict[str, Any]]:
    return (resource["properties"] for resource in _resources(kind))


def _resources(kind: str) -> Iterator[dict[str, Any]]:
    return (resource for resource in template()["resources"] if resource["type"].endswith(kind))
