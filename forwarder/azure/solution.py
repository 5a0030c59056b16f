"""What this version ships for Microsoft Sentinel: the files to deploy, and what is in them. Made by `make content`."""

import csv
import json
import lzma
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from forwarder.azure.installed import Function, Rule
from forwarder.siem.stories import bundle

TEMPLATE = "azuredeploy.json"
_FUNCTIONS, _RULES, _LISTS = "/savedSearches", "/alertRules", "/watchlists"


@cache
def solution() -> dict[str, str]:
    """Path and text of every file, as in the project's folder `sentinel/`."""
    packed = files("forwarder.azure").joinpath("solution.json.xz").read_bytes()
    found: dict[str, str] = json.loads(lzma.decompress(packed))
    return found


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
    found: dict[str, str] = bundle()["sentinel"]["ids"]
    return found


def _properties(kind: str) -> Iterator[dict[str, Any]]:
    return (resource["properties"] for resource in _resources(kind))


def _resources(kind: str) -> Iterator[dict[str, Any]]:
    return (resource for resource in template()["resources"] if resource["type"].endswith(kind))
