"""`mainTemplate.json` of the package: the solution for the content hub, one content template per item.

Form: output of the Azure-Sentinel repository's packager (V3), which needs PowerShell and does not run here. A package
lists its parts as dependencies, with a template for each part.
"""

from typing import Any

from tools.content.arm import SCHEMA, as_file, literal
from tools.content.solution import data
from tools.content.solution.hub_connector import connector_resources
from tools.content.solution.hub_items import Part, item_resources
from tools.content.solution.inventory import Inventory
from tools.content.solution.repositories import as_child
from tools.content.solution.wizard import wizard

API = "2023-04-01-preview"
_LOCATION_IS_NOT_USED = "Not used: everything goes to the workspace's region, `workspace-location`"


def package_files(solution: Inventory) -> dict[str, str]:
    """Name and text of the template, its wizard, and test parameters."""
    test_values = {name: {"value": value} for name, value in _test_values().items()}
    return {
        "mainTemplate.json": as_file(main_template(solution)),
        "createUiDefinition.json": as_file(wizard(solution)),
        "testParameters.json": as_file(test_values),
    }


def _test_values() -> dict[str, str]:
    return {"location": "eastus", "workspace-location": "eastus", "workspace": "testWorkspace"}


def main_template(solution: Inventory) -> dict[str, Any]:
    """The template: every part, then the package that names them."""
    items, parts = item_resources(solution)
    connector, connector_part = connector_resources(solution)
    lists = [as_child(resource) for item in solution.watchlists for resource in item.document["resources"]]
    watchlists = [Part("Watchlist", item.name, data.VERSION) for item in solution.watchlists]
    package = _package([*parts, connector_part, *watchlists])
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "metadata": {"author": data.PUBLISHER, "comments": f"Solution template for {data.NAME}"},
        "parameters": _parameters(),
        "variables": _variables(),
        "resources": [*items, *connector, *map(literal, lists), package],
        "outputs": {},
    }


def _parameters() -> dict[str, Any]:
    """Named as by the packager, to match the wizard's outputs."""
    region = (
        "[concat('Region to deploy solution resources -- separate from location selection',parameters('location'))]"
    )
    return {
        "location": {
            "type": "string",
            "minLength": 1,
            "defaultValue": "[resourceGroup().location]",
            "metadata": {"description": _LOCATION_IS_NOT_USED},
        },
        "workspace-location": {"type": "string", "defaultValue": "", "metadata": {"description": region}},
        "workspace": {
            "type": "string",
            "defaultValue": "",
            "metadata": {"description": "Log Analytics workspace that Microsoft Sentinel is on"},
        },
    }


def _variables() -> dict[str, str]:
    endpoints = "Microsoft.Insights/dataCollectionEndpoints"
    return {
        "_solutionId": data.SOLUTION_ID,
        "_solutionName": data.NAME,
        "_solutionVersion": data.VERSION,
        "workspaceResourceId": "[resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace'))]",
        "dataCollectionEndpointId": f"[resourceId('{endpoints}', parameters('workspace'))]",
        "_solutioncontentProductId": "[concat(take(variables('_solutionId'), 50), '-sl-', uniqueString(concat("
        "variables('_solutionId'), '-Solution-', variables('_solutionId'), '-', variables('_solutionVersion'))))]",
    }


def _package(parts: list[Part]) -> dict[str, Any]:
    solution_id = "[variables('_solutionId')]"
    return {
        "type": "Microsoft.OperationalInsights/workspaces/providers/contentPackages",
        "apiVersion": API,
        "name": "[concat(parameters('workspace'), '/Microsoft.SecurityInsights/', variables('_solutionId'))]",
        "location": "[parameters('workspace-location')]",
        "properties": {
            "version": data.VERSION,
            "kind": "Solution",
            "contentSchemaVersion": "3.0.0",
            "displayName": data.NAME,
            "publisherDisplayName": data.PUBLISHER,
            "descriptionHtml": "".join(f"<p>{line}</p>" for line in data.DESCRIPTION_LINES),
            "contentKind": "Solution",
            "contentProductId": "[variables('_solutioncontentProductId')]",
            "id": "[variables('_solutioncontentProductId')]",
            "icon": data.LOGO,
            "contentId": solution_id,
            "parentId": solution_id,
            "source": {"kind": "Solution", "name": data.NAME, "sourceId": solution_id},
            "author": {"name": data.PUBLISHER},
            "support": data.SUPPORT,
            "dependencies": {"operator": "AND", "criteria": [part.criterion() for part in parts]},
            "firstPublishDate": data.PUBLISHED,
            "providers": data.PROVIDERS,
            "categories": {"domains": data.DOMAINS},
        },
    }
