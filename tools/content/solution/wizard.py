"""`createUiDefinition.json` of the package: the pages in front of the package, which list its contents.

Form: Azure portal, create UI definition 0.1.2-preview, as the Azure-Sentinel repository's packager fills it.
"""

from collections.abc import Sequence
from typing import Any

from tools.content.connector_page import TITLE
from tools.content.solution import data
from tools.content.solution.inventory import Inventory
from tools.content.solution.workbooks import title

_WORKSPACES = "basics('getLAWorkspace').value"
_IN_GROUP = "contains(toLower(filter.id), toLower(resourceGroup().name))"
_PROVIDERS = [
    "Microsoft.OperationsManagement/solutions",
    "Microsoft.OperationalInsights/workspaces/providers/alertRules",
    "Microsoft.Insights/workbooks",
    "Microsoft.Logic/workflows",
]


def wizard(solution: Inventory) -> dict[str, Any]:
    """The whole definition."""
    pages = {name: items for name, items in _pages(solution).items() if items}
    counts = ", ".join(f"**{name}:** {len(items)}" for name, items in pages.items())
    return {
        "$schema": "https://schema.management.azure.com/schemas/0.1.2-preview/CreateUIDefinition.MultiVm.json#",
        "handler": "Microsoft.Azure.CreateUIDef",
        "version": "0.1.2-preview",
        "parameters": {
            "config": {"isWizard": False, "basics": _basics(f"{data.LOGO}\n\n{data.DESCRIPTION}\n\n{counts}")},
            "basics": [_workspaces(), _workspace()],
            "steps": [_step(name, items) for name, items in pages.items()],
            "outputs": {
                "workspace-location": f"[first(map(filter({_WORKSPACES}, (filter) => and({_IN_GROUP}, "
                "equals(filter.name, basics('workspace')))), (item) => item.location))]",
                "location": "[location()]",
                "workspace": "[basics('workspace')]",
            },
        },
    }


def _pages(solution: Inventory) -> dict[str, list[tuple[str, str]]]:
    """Name of a page → what is on it: label and text."""
    return {
        "Data Connectors": [(TITLE, "Its page under Data connectors creates the tables and the data collection rule.")],
        "Parsers": [
            (saved.name, "A function that rules, workbooks and hunting queries use.") for saved in solution.functions
        ],
        "Workbooks": [(title(item), "Open it from Manage solution.") for item in solution.workbooks],
        "Analytic Rules": [_rule(item.document) for item in solution.rules],
        "Hunting Queries": [_hunt(item.document) for item in solution.hunts],
        "Watchlists": [
            (item.name, item.document["resources"][0]["properties"]["description"]) for item in solution.watchlists
        ],
        "Playbooks": [
            (item.document["metadata"]["title"], item.document["metadata"]["description"])
            for item in solution.playbooks
        ],
    }


def _rule(document: dict[str, Any]) -> tuple[str, str]:
    """Name and summary: the first line of the description."""
    return document["name"], document["description"].split("\n")[0]


def _hunt(document: dict[str, Any]) -> tuple[str, str]:
    """Name and description, without the last line about the tests."""
    return document["name"], " ".join(document["description"].strip().split("\n")[:-1])


def _basics(description: str) -> dict[str, Any]:
    hidden = "Hiding location, we get it from the log analytics workspace"
    return {
        "description": description,
        "subscription": {"resourceProviders": _PROVIDERS},
        "location": {"metadata": {"hidden": hidden}, "visible": False},
        "resourceGroup": {"allowExisting": True},
    }


def _workspaces() -> dict[str, Any]:
    path = "[concat(subscription().id, '/providers/Microsoft.OperationalInsights/workspaces?api-version=2020-08-01')]"
    return {
        "name": "getLAWorkspace",
        "type": "Microsoft.Solutions.ArmApiControl",
        "toolTip": "Workspaces of the resource group",
        "condition": "[greater(length(resourceGroup().name), 0)]",
        "request": {"method": "GET", "path": path},
    }


def _workspace() -> dict[str, Any]:
    item = """parse(concat('{"label":"', item.name, '","value":"', item.name, '"}'))"""
    return {
        "name": "workspace",
        "type": "Microsoft.Common.DropDown",
        "label": "Workspace",
        "placeholder": "Select a workspace",
        "toolTip": "Workspaces of the resource group selected",
        "constraints": {
            "allowedValues": f"[map(filter({_WORKSPACES}, (filter) => {_IN_GROUP}), (item) => {item})]",
            "required": True,
        },
        "visible": True,
    }


def _step(name: str, items: Sequence[tuple[str, str]]) -> dict[str, Any]:
    id_ = name.lower().replace(" ", "")
    return {
        "name": id_,
        "label": name,
        "bladeTitle": name,
        "elements": [_section(f"{id_}-{_slug(label)}", label, text) for label, text in items],
    }


def _slug(label: str) -> str:
    """A name that does not change when another item is added."""
    return "".join(character for character in label.lower() if character.isalnum())


def _section(id_: str, label: str, text: str) -> dict[str, Any]:
    block = {"name": f"{id_}-text", "type": "Microsoft.Common.TextBlock", "options": {"text": text}}
    return {"name": id_, "type": "Microsoft.Common.Section", "label": label, "elements": [block]}
