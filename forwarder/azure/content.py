"""The content of the solution: functions, rules and watchlists, as deployed and as shipped with this version.

Sources: REST reference, *Saved Searches - List By Workspace*, *Alert Rules - List*, *Watchlists - List*, *Watchlist
Items - List*.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from forwarder.azure.connection import Azure
from forwarder.azure.package import DEPLOY
from forwarder.azure.solution import (
    AnalyticsRule,
    WorkspaceFunction,
    shipped_functions,
    shipped_rules,
    shipped_watchlists,
)
from forwarder.errors import ForwarderError
from forwarder.siem.check import SiemFinding, failure, ok, warning
from forwarder.siem.differences import definition_differences, lookup_differences
from forwarder.siem.test_cases import Rows


def read_functions(azure: Azure) -> dict[str, WorkspaceFunction]:
    """Every function of the workspace by its alias. Raises as `Azure.request`."""
    where = azure.workspace
    with azure.request("functions"):
        listed = azure.log_analytics.saved_searches.list_by_workspace(where.group, where.name)
        searches = [search["properties"] for search in listed["value"]]
    return {
        one["functionAlias"]: WorkspaceFunction(one.get("functionParameters") or "", one.get("query") or "")
        for one in searches
        if one.get("functionAlias")
    }


def read_rules(azure: Azure) -> dict[str, AnalyticsRule]:
    """Every analytics rule with a query by its id in lower case. Raises as `Azure.request`."""
    where = azure.workspace
    with azure.request("rules"):
        rules = list(azure.sentinel.alert_rules.list(where.group, where.name))
    with_query = (rule for rule in rules if rule.get("properties", {}).get("query"))
    return {rule["name"].lower(): _rule(rule["properties"]) for rule in with_query}


def read_watchlists(azure: Azure) -> set[str]:
    """The aliases of the workspace's watchlists. Raises as `Azure.request`."""
    where = azure.workspace
    with azure.request("watchlists"):
        return {
            str(one["properties"]["watchlistAlias"]) for one in azure.sentinel.watchlists.list(where.group, where.name)
        }


def read_watchlist(azure: Azure, alias: str) -> list[dict[str, str]]:
    """The rows of one watchlist. Raises as `Azure.request`."""
    where = azure.workspace
    with azure.request(f"watchlist {alias}"):
        items = [one["properties"] for one in azure.sentinel.watchlist_items.list(where.group, where.name, alias)]
    return [dict(one["itemsKeyValue"]) for one in items if not one.get("isDeleted")]


def _rule(properties: Mapping[str, Any]) -> AnalyticsRule:
    return AnalyticsRule(
        str(properties.get("displayName") or ""),
        str(properties["query"]),
        bool(properties.get("enabled")),
        str(properties.get("queryPeriod") or ""),
    )


SHOWN = 3
"""Names that a finding lists at most."""
_PLACE = "in the workspace"


def check_functions(deployed: Mapping[str, WorkspaceFunction]) -> SiemFinding:
    """Whether all exist and equal the shipped ones."""
    shipped = shipped_functions()
    if missing := [name for name in shipped if name not in deployed]:
        return failure("functions", f"{_some(missing, shipped)} missing: rules that call them fail; {DEPLOY}")
    if other := changed_functions(deployed):
        return warning("functions", f"{_some(other, shipped)} different from this version; {DEPLOY}, or keep")
    return ok("functions", f"all {len(shipped)} are installed, as shipped")


def changed_functions(deployed: Mapping[str, WorkspaceFunction]) -> list[str]:
    """The names of the installed functions that differ from the shipped ones, apart from spaces."""
    pairs = ((name, deployed[name], function) for name, function in shipped_functions().items() if name in deployed)
    return [name for name, found, shipped in pairs if _words(*found) != _words(*shipped)]


def check_rules(deployed: Mapping[str, AnalyticsRule]) -> SiemFinding:
    """Whether all are installed, enabled and equal the shipped ones."""
    shipped = shipped_rules()
    installed = {key: deployed[key] for key in shipped if key in deployed}
    if not installed:
        return failure("rules", f"none of {len(shipped)} is installed; {DEPLOY}")
    missing = [shipped[key].title for key in shipped if key not in installed]
    disabled = [rule.title for rule in installed.values() if not rule.enabled]
    other = [shipped[key].title for key in changed_rules(deployed)]
    problems = [
        f"{_some(names, shipped)} {word}"
        for names, word in ((missing, "missing"), (disabled, "disabled"), (other, "different from this version"))
        if names
    ]
    if problems:
        return warning("rules", f"{'; '.join(problems)}. If that is not intended: {DEPLOY}")
    return ok("rules", f"all {len(shipped)} are installed and enabled, as shipped")


def changed_rules(deployed: Mapping[str, AnalyticsRule]) -> list[str]:
    """The ids of the installed rules with another query or period than shipped, apart from spaces."""
    pairs = ((key, deployed[key], rule) for key, rule in shipped_rules().items() if key in deployed)
    return [key for key, found, shipped in pairs if _rule_words(found) != _rule_words(shipped)]


def check_watchlists(deployed: Collection[str]) -> SiemFinding:
    """Whether all are installed; their rows belong to the customer."""
    shipped = sorted(shipped_watchlists())
    if missing := [name for name in shipped if name not in deployed]:
        return failure("watchlists", f"{_some(missing, shipped)} missing: rules that read them fail; {DEPLOY}")
    return ok("watchlists", f"all {len(shipped)} are installed")


def _some(names: list[str], all_of: Collection[str]) -> str:
    verb = "is" if len(names) == 1 else "are"
    shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    return f"{len(names)} of {len(all_of)} ({shown}) {verb}"


def _rule_words(rule: AnalyticsRule) -> list[str]:
    return _words(rule.query, rule.period)


def _words(*texts: str) -> list[str]:
    return [word for text in texts for word in text.split()]


def rule_differences(deployed: Mapping[str, AnalyticsRule], ids: Collection[str]) -> Iterator[str]:
    """A note for each of the rules with these ids that differs from the shipped one."""
    for identity in changed_rules(deployed):
        if identity in ids:
            yield f"rule {deployed[identity].title!r} differs from the shipped one; it was run as installed"


def function_differences(deployed: Mapping[str, WorkspaceFunction]) -> Iterator[str]:
    """A note for each function that is missing or differs from the shipped one."""
    texts = ({name: "\n".join(one) for name, one in some.items()} for some in (deployed, shipped_functions()))
    yield from definition_differences("function", _PLACE, *texts)


def watchlist_differences(azure: Azure) -> Iterator[str]:
    """A note for each watchlist that is missing, has other rows than the shipped one, or cannot be read."""
    try:
        deployed = read_watchlists(azure)
    except ForwarderError as error:
        yield f"watchlists cannot be compared with the shipped ones: {error}"
        return
    shipped = shipped_watchlists()
    yield from (f"watchlist {alias} is missing {_PLACE}" for alias in shipped if alias not in deployed)
    present: dict[str, Rows] = {alias: list(rows) for alias, rows in shipped.items() if alias in deployed}
    yield from lookup_differences("watchlist", present, lambda alias: list(read_watchlist(azure, alias)))
