"""The data collection rule, its publisher role, and its error log.

Facts (Azure Monitor): a rule of `kind: Direct` has its own ingestion address. 204 only means that rows were accepted.
Later errors are in DCRLogErrors, which needs a diagnostic setting (category LogErrors).
"""

from typing import Any

from forwarder.records import STREAMS
from tools.content.arm import WORKSPACE
from tools.content.arm_tables import stream_declarations, stream_name, table_ids

RULE_NAME = "claude-siem"
RULE_ID = f"resourceId('Microsoft.Insights/dataCollectionRules', '{RULE_NAME}')"
PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"
"""Role Monitoring Metrics Publisher (Azure built-in roles)."""
_DESTINATION = "workspace"
API = "2023-03-11"


def collection() -> list[dict[str, Any]]:
    """The rule, its diagnostic setting and the forwarder's role on it."""
    return [_rule(), _errors(), _role()]


def _rule() -> dict[str, Any]:
    return {
        "type": "Microsoft.Insights/dataCollectionRules",
        "apiVersion": API,
        "name": RULE_NAME,
        "location": "[parameters('location')]",
        "kind": "Direct",
        "dependsOn": table_ids(),
        "properties": {
            "description": "Receives the rows of the claude-siem forwarder",
            **flows(WORKSPACE),
        },
    }


def flows(workspace: str) -> dict[str, Any]:
    """Streams and destinations. Rows go to the tables unchanged, because the forwarder has mapped them."""
    return {
        "streamDeclarations": stream_declarations(),
        "destinations": {"logAnalytics": [{"name": _DESTINATION, "workspaceResourceId": workspace}]},
        "dataFlows": [_flow(stream_name(stream)) for stream in STREAMS],
    }


def _flow(stream: str) -> dict[str, Any]:
    return {"streams": [stream], "destinations": [_DESTINATION], "transformKql": "source", "outputStream": stream}


def _errors() -> dict[str, Any]:
    return {
        "type": "Microsoft.Insights/diagnosticSettings",
        "apiVersion": "2021-05-01-preview",
        "scope": f"[{RULE_ID}]",
        "name": "claude-siem-errors",
        "dependsOn": [f"[{RULE_ID}]"],
        "properties": {"workspaceId": WORKSPACE, "logs": [{"category": "LogErrors", "enabled": True}]},
    }


def _role() -> dict[str, Any]:
    definition = f"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{PUBLISHER}')]"
    return {
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": "2022-04-01",
        "scope": f"[{RULE_ID}]",
        "name": f"[guid({RULE_ID}, parameters('principalId'), '{PUBLISHER}')]",
        "dependsOn": [f"[{RULE_ID}]"],
        "properties": {
            "roleDefinitionId": definition,
            "principalId": "[parameters('principalId')]",
            "principalType": "ServicePrincipal",
        },
    }
