"""The connector of kind Push in the content hub: its page with rule and tables, and the connection of its button."""

import json
from typing import Any

from tools.content.analytics_rules import CONNECTOR
from tools.content.connector_page import TITLE
from tools.content.solution import data
from tools.content.solution.hub_items import REGION, Part, Resources, content_template, metadata
from tools.content.solution.inventory import Inventory

CONNECTION = f"{CONNECTOR}Connections"
_PROVIDERS = "Microsoft.OperationalInsights/workspaces/providers"
_FILLED = {
    "{{location}}": REGION,
    "{{workspaceResourceId}}": "[variables('workspaceResourceId')]",
    "{{dataCollectionEndpointId}}": "[variables('dataCollectionEndpointId')]",
    "{{dataCollectionEndpoint}}": "[[parameters('dcrConfig').dataCollectionEndpoint]",
    "{{dataCollectionRuleImmutableId}}": "[[parameters('dcrConfig').dataCollectionRuleImmutableId]",
    "{{appId}}": "[[parameters('auth').appId]",
    "{{servicePrincipalId}}": "[[parameters('auth').servicePrincipalId]",
}
"""Placeholders of the connector's files. `{{dataCollectionRuleId}}` is left to the button, as the packager does."""


def connector_resources(solution: Inventory) -> tuple[Resources, Part]:
    """The connector's resources, and the part that the package names."""
    files = {item.document["type"].split("/")[-1]: _filled(item.document) for item in solution.connector}
    tables = [_filled(item.document) for item in solution.connector if item.document["type"].endswith("/tables")]
    page, connection = Part("DataConnector", CONNECTOR, data.VERSION), _connection_part()
    definition = _child(files["dataConnectorDefinitions"], CONNECTOR)
    tie = metadata(
        page, _id("dataConnectorDefinitions", CONNECTOR), dependencies={"criteria": [connection.criterion()]}
    )
    inside = [definition, tie, files["dataCollectionRules"], *tables]
    offered = content_template(page, TITLE, {"parameters": {}, "variables": {}, "resources": inside})
    made = content_template(connection, TITLE, _connection(files["dataConnectors"], connection))
    return [offered, definition, tie, made], connection._replace(kind="DataConnector")


def _connection_part() -> Part:
    return Part("ResourcesDataConnector", CONNECTION, data.VERSION)


def _filled(document: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(document)
    for placeholder, value in _FILLED.items():
        text = text.replace(placeholder, value)
    filled: dict[str, Any] = json.loads(text)
    return filled


def _id(kind: str, name: str) -> str:
    workspace = "resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspace'))"
    return f"[extensionResourceId({workspace}, 'Microsoft.SecurityInsights/{kind}', '{name}')]"


def _child(resource: dict[str, Any], name: str) -> dict[str, Any]:
    kind = resource["type"].split("/")[-1]
    return {
        **resource,
        "type": f"{_PROVIDERS}/{kind}",
        "name": f"[concat(parameters('workspace'), '/Microsoft.SecurityInsights/{name}')]",
    }


def _connection(resource: dict[str, Any], part: Part) -> dict[str, Any]:
    """The template that the button fills in; its own parameters wait for that."""
    name = f"'/Microsoft.SecurityInsights/{CONNECTOR}Push', parameters('guidValue')"
    child = {**_child(resource, ""), "name": f"[[concat(parameters('innerWorkspace'), {name})]"}
    tie = metadata(part, _id("dataConnectors", CONNECTION))
    return {"parameters": _button_parameters(), "variables": {}, "resources": [tie, child]}


def _button_parameters() -> dict[str, Any]:
    workspace = {"type": "securestring", "defaultValue": "[parameters('workspace')]"}
    return {
        "guidValue": {"type": "securestring", "defaultValue": "[[newGuid()]"},
        "innerWorkspace": workspace,
        "workspace": workspace,
        "connectorDefinitionName": {"type": "securestring", "defaultValue": TITLE, "minLength": 1},
        "auth": {"type": "object", "defaultValue": {"appId": "", "servicePrincipalId": ""}},
        "dcrConfig": {
            "type": "object",
            "defaultValue": {"dataCollectionEndpoint": "", "dataCollectionRuleImmutableId": ""},
        },
    }
