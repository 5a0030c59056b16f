"""What our solution brought, as the workspace has it: functions, rules, watchlists.

Sources: REST reference, *Saved Searches - List By Workspace*, *Alert Rules - List*, *Watchlists - List*, *Watchlist
Items - List*.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from forwarder.azure.connection import Azure


class Function(NamedTuple):
    """A saved search that queries call by its alias."""

    parameters: str
    """Such as `lookback:timespan=14d, disabled:bool=false`; empty: it has none."""
    body: str


class Rule(NamedTuple):
    """An analytics rule with a query."""

    title: str
    query: str
    enabled: bool
    period: str
    """How far it looks back, as ISO 8601: `P14D`. Empty for a near-real-time rule, which has none."""


def ask_functions(azure: Azure) -> dict[str, Function]:
    """Every function of the workspace by its alias. Raises as `Azure.asked`."""
    where = azure.workspace
    with azure.asked("functions"):
        told = azure.log_analytics.saved_searches.list_by_workspace(where.group, where.name)
        held = [search["properties"] for search in told["value"]]
    return {
        one["functionAlias"]: Function(one.get("functionParameters") or "", one.get("query") or "")
        for one in held
        if one.get("functionAlias")
    }


def ask_rules(azure: Azure) -> dict[str, Rule]:
    """Every analytics rule with a query by its id in lower case. Raises as `Azure.asked`."""
    where = azure.workspace
    with azure.asked("rules"):
        told = list(azure.sentinel.alert_rules.list(where.group, where.name))
    return {rule["name"].lower(): _rule(rule["properties"]) for rule in told if rule.get("properties", {}).get("query")}


def ask_watchlists(azure: Azure) -> set[str]:
    """The aliases of the workspace's watchlists. Raises as `Azure.asked`."""
    where = azure.workspace
    with azure.asked("watchlists"):
        return {
            str(one["properties"]["watchlistAlias"]) for one in azure.sentinel.watchlists.list(where.group, where.name)
        }


def ask_items(azure: Azure, alias: str) -> list[dict[str, str]]:
    """The rows of one watchlist. Raises as `Azure.asked`."""
    where = azure.workspace
    with azure.asked(f"watchlist {alias}"):
        told = [one["properties"] for one in azure.sentinel.watchlist_items.list(where.group, where.name, alias)]
    return [dict(one["itemsKeyValue"]) for one in told if not one.get("isDeleted")]


def _rule(told: Mapping[str, Any]) -> Rule:
    return Rule(
        str(told.get("displayName") or ""),
        str(told["query"]),
        bool(told.get("enabled")),
        str(told.get("queryPeriod") or ""),
    )
