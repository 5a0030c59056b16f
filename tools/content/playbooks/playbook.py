"""A playbook, and the template that deploys it.

Form: the playbooks of the Azure-Sentinel repository. The workflow's own definition holds no expression of Resource
Manager; what a deployment knows reaches it through the workflow's parameters.
"""

from typing import Any, NamedTuple

from tools.content.arm import SCHEMA, parameter

LAST_UPDATE = "2026-11-21T00:00:00.000Z"
VERSION = "1.0.0"
_APIS = "/providers/Microsoft.Web/locations/', resourceGroup().location, '/managedApis/"
_VAULT_SUFFIX = "environment().suffixes.keyvaultDns"
VAULT_PARAMETERS = {
    "KeyVaultName": parameter("string", "Key Vault that holds the secret. The playbook's identity needs read access"),
}
VAULT_VALUES = {
    "VaultUri": f"[concat('https://', parameters('KeyVaultName'), {_VAULT_SUFFIX})]",
    # The suffix begins with a dot: `.vault.azure.net`.
    "VaultAudience": f"[concat('https://', substring({_VAULT_SUFFIX}, 1))]",
}
VAULT_ROLES = (
    "Give the playbook's identity two roles: Microsoft Sentinel Responder on the workspace, "
    "Key Vault Secrets User on the secret"
)
_MANAGER = "environment().resourceManager"
MANAGER_VALUES = {"ResourceManager": f"[substring({_MANAGER}, 0, sub(length({_MANAGER}), 1))]"}
"""Without the slash that it ends in, which paths begin with."""


class Playbook(NamedTuple):
    """Definition of a playbook."""

    name: str
    title: str
    description: str
    prerequisites: list[str]
    post_deployment: list[str]
    tags: list[str]
    entities: list[str]
    """Kinds of entities that it acts on, as the gallery names them."""
    parameters: dict[str, dict[str, Any]]
    """Of the template."""
    values: dict[str, Any]
    """Of the workflow: name → value, an expression of Resource Manager."""
    connections: tuple[str, ...]
    """Managed connectors beside Sentinel's own."""
    actions: dict[str, Any]


def template(playbook: Playbook) -> dict[str, Any]:
    """The deployment of a playbook: its connections and its workflow."""
    connectors = ("azuresentinel", *playbook.connections)
    name = parameter("string", "Name of the playbook", defaultValue=playbook.name)
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "metadata": _metadata(playbook),
        "parameters": {"PlaybookName": name, **playbook.parameters},
        "variables": {
            _connection_name(connector): f"[concat('{connector}-', parameters('PlaybookName'))]"
            for connector in connectors
        },
        "resources": [*map(_connection, connectors), _workflow(playbook, connectors)],
    }


def _metadata(playbook: Playbook) -> dict[str, Any]:
    return {
        "title": playbook.title,
        "description": playbook.description,
        "prerequisites": playbook.prerequisites,
        "postDeployment": playbook.post_deployment,
        "lastUpdateTime": LAST_UPDATE,
        "entities": playbook.entities,
        "tags": playbook.tags,
        "support": {"tier": "community"},
        "author": {"name": "claude-siem"},
        "releaseNotes": [{"version": VERSION, "title": playbook.title, "notes": ["First version"]}],
    }


def _connection_name(connector: str) -> str:
    return f"{connector}ConnectionName"


def _api(connector: str) -> str:
    return f"[concat('/subscriptions/', subscription().subscriptionId, '{_APIS}{connector}')]"


def _connection(connector: str) -> dict[str, Any]:
    """Sentinel's connection uses the playbook's identity. A user signs in to any other one after deployment."""
    name = f"[variables('{_connection_name(connector)}')]"
    properties: dict[str, Any] = {"displayName": name, "customParameterValues": {}, "api": {"id": _api(connector)}}
    if connector == "azuresentinel":
        properties["parameterValueType"] = "Alternative"
    return {
        "type": "Microsoft.Web/connections",
        "apiVersion": "2016-06-01",
        "name": name,
        "location": "[resourceGroup().location]",
        "properties": properties,
    }


def _connection_id(connector: str) -> str:
    return f"[resourceId('Microsoft.Web/connections', variables('{_connection_name(connector)}'))]"


def _connected(connector: str) -> dict[str, Any]:
    known = {
        "connectionId": _connection_id(connector),
        "connectionName": f"[variables('{_connection_name(connector)}')]",
        "id": _api(connector),
    }
    if connector == "azuresentinel":
        return {**known, "connectionProperties": {"authentication": {"type": "ManagedServiceIdentity"}}}
    return known


def _workflow(playbook: Playbook, connectors: tuple[str, ...]) -> dict[str, Any]:
    return {
        "type": "Microsoft.Logic/workflows",
        "apiVersion": "2017-07-01",
        "name": "[parameters('PlaybookName')]",
        "location": "[resourceGroup().location]",
        "tags": {"hidden-SentinelTemplateName": playbook.name, "hidden-SentinelTemplateVersion": VERSION},
        "identity": {"type": "SystemAssigned"},
        "dependsOn": [_connection_id(connector) for connector in connectors],
        "properties": {
            "state": "Enabled",
            "definition": _definition(playbook),
            "parameters": {
                "$connections": {"value": {connector: _connected(connector) for connector in connectors}},
                **{name: {"value": value} for name, value in playbook.values.items()},
            },
        },
    }


def _definition(playbook: Playbook) -> dict[str, Any]:
    """One run at a time: a second run must find what the first one created."""
    return {
        "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/"
        "workflowdefinition.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            "$connections": {"defaultValue": {}, "type": "Object"},
            **{name: {"type": _kind(playbook, name)} for name in playbook.values},
        },
        "triggers": {
            "Microsoft_Sentinel_incident": {
                "type": "ApiConnectionWebhook",
                "inputs": {
                    "body": {"callback_url": "@{listCallbackUrl()}"},
                    "host": {"connection": {"name": "@parameters('$connections')['azuresentinel']['connectionId']"}},
                    "path": "/incident-creation",
                },
                "runtimeConfiguration": {"concurrency": {"runs": 1, "maximumWaitingRuns": 100}},
            }
        },
        "actions": playbook.actions,
        "outputs": {},
    }


def _kind(playbook: Playbook, name: str) -> str:
    kinds = {"string": "String", "int": "Int", "array": "Array"}
    return kinds[playbook.parameters.get(name, {"type": "string"})["type"]]
