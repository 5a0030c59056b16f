"""Functions and hunting queries as Azure resources: saved searches of the workspace."""

from collections.abc import Iterable, Mapping
from typing import Any

from tools.content.arm import literal
from tools.content.solution.inventory import SavedFunction

TYPE = "Microsoft.OperationalInsights/workspaces/savedSearches"
API = "2020-08-01"


LONG = 100
"""Lines of a query from which it is a list of lines in the template: a change is then a line of its difference."""


def line_variables(functions: Iterable[SavedFunction]) -> dict[str, dict[str, list[str]]]:
    """The template's section `variables` with the lines of long functions; nothing where there is none."""
    lines = {saved.name: literal(saved.query.split("\n")) for saved in functions if _is_long(saved)}
    return {"variables": lines} if lines else {}


def saved_search_id(name: str) -> str:
    """Id for `dependsOn`."""
    return f"[resourceId('{TYPE}', parameters('workspace'), '{name}')]"


def function(saved: SavedFunction, needed: list[str], *, whole: bool = False) -> dict[str, Any]:
    """A saved search that other queries call by its alias. `needed`: ids of its dependencies.

    A long query refers to its lines in `line_variables`, unless it must be there as a `whole`.
    """
    properties = {
        "category": saved.category,
        "displayName": saved.name,
        "functionAlias": saved.name,
        "functionParameters": saved.parameters,
        "query": f"[join(variables('{saved.name}'), '\n')]" if _is_long(saved) and not whole else saved.query,
        "version": 2,
    }
    return _saved_search(saved.name, needed, properties)


def _is_long(saved: SavedFunction) -> bool:
    return saved.query.count("\n") >= LONG


def hunt(query: Mapping[str, Any], needed: list[str]) -> dict[str, Any]:
    """A hunting query. Sentinel identifies it by its category and reads its metadata from tags."""
    return _saved_search(query["id"], needed, hunt_properties(query))


def hunt_properties(query: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a hunting query from its file."""
    techniques = dict.fromkeys(technique.split(".")[0] for technique in query["relevantTechniques"])
    tags = {
        "description": query["description"].strip(),
        "tactics": ",".join(query["tactics"]),
        "techniques": ",".join(techniques),
    }
    return {
        "category": "Hunting Queries",
        "displayName": query["name"],
        "query": query["query"],
        "version": 2,
        "tags": [{"name": name, "value": value} for name, value in tags.items()],
    }


def _saved_search(name: str, needed: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": TYPE,
        "apiVersion": API,
        "name": f"[concat(parameters('workspace'), '/{name}')]",
        "dependsOn": needed,
        "etag": "*",
        "properties": properties,
    }
