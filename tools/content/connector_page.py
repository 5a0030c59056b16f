"""The connector's page in Sentinel: what it shows, whom it asks for which permission, and the forwarder's lines.

Form: Microsoft Sentinel, data connector definitions reference; the button and its labels: connectors of kind Push.
"""

from typing import Any

from forwarder.records import STREAMS
from forwarder.sinks.sentinel import TABLES
from tools.content.analytics_rules import CONNECTOR

TITLE = "Claude (claude-siem forwarder)"
_DESCRIPTION = (
    "Claude audit, compliance, usage and agent events in OCSF, sent by the claude-siem forwarder: it collects them "
    "from Anthropic's APIs, keeps what cannot be sent, and loses none. [Azure Monitor Logs Ingestion API]"
    "(https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview)."
)
CONFIGURATION = """\
```yaml
sinks:
  sentinel:
    endpoint: DATA_COLLECTION_ENDPOINT
    rule_id: DATA_COLLECTION_RULE_ID
    tenant_id: TENANT_ID
    client_id: APPLICATION_ID
    client_secret_file: /run/secrets/azure-client-secret
```"""
LABELS = {
    "endpoint": ("Data collection endpoint", "DataCollectionEndpoint"),
    "rule_id": ("Immutable id of the data collection rule", "DataCollectionRuleId"),
    "tenant_id": ("Directory (tenant) id", "TenantId"),
    "client_id": ("Application (client) id", "ApplicationId"),
    "client_secret_file": (
        "Application secret; copy it now into that file, it is not shown again",
        "ApplicationSecret",
    ),
}
"""Key of `sinks.sentinel` → what the page calls it, and the name by which Sentinel fills it in."""


def page() -> dict[str, Any]:
    """`connectorUiConfig`."""
    tables = [TABLES[stream] for stream in STREAMS]
    return {
        "id": CONNECTOR,
        "title": TITLE,
        "publisher": "claude-siem",
        "descriptionMarkdown": _DESCRIPTION,
        "graphQueries": [{"metricName": f"Rows of {table}", "legend": table, "baseQuery": table} for table in tables],
        "sampleQueries": [{"description": told, "query": "\n".join(lines)} for told, lines in _SAMPLES.items()],
        "dataTypes": [{"name": table, "lastDataReceivedQuery": _newest(table)} for table in tables],
        "connectivityCriteria": [{"type": "IsConnectedQuery", "value": [_connected(table) for table in tables]}],
        "isConnectivityCriteriasMatchSome": True,
        "availability": {"status": 1, "isPreview": False},
        "permissions": _PERMISSIONS,
        "instructionSteps": _steps(),
    }


_SAMPLES = {
    "What happened in the last day, most often first": [
        "ClaudeActivity_CL",
        "| where TimeGenerated > ago(1d)",
        "| summarize events = count() by EventCode",
        "| top 20 by events",
    ],
    "Tokens a model": [
        "ClaudeUsage_CL",
        "| summarize arg_max(Revision, TotalTokens, Model) by EventUid",
        "| summarize tokens = sum(TotalTokens) by Model",
    ],
    "How the forwarder does": [
        "ClaudeActivity_CL",
        "| where EventCode == 'forwarder.health'",
        "| top 20 by EventTime",
    ],
}


def _newest(table: str) -> str:
    return f"{table}\n| summarize Time = max(TimeGenerated)\n| where isnotempty(Time)"


def _connected(table: str) -> str:
    return (
        f"{table}\n| summarize LastLogReceived = max(TimeGenerated)\n| project IsConnected = LastLogReceived > ago(1d)"
    )


_PERMISSIONS = {
    "resourceProvider": [
        {
            "provider": "Microsoft.OperationalInsights/workspaces",
            "permissionsDisplayText": "read and write permissions are required.",
            "providerDisplayName": "Workspace",
            "scope": "Workspace",
            "requiredPermissions": {"write": True, "read": True, "delete": True},
        }
    ],
    "customs": [
        {
            "name": "Microsoft Entra",
            "description": "May register an application (Application Developer or higher): the button makes one.",
        },
        {
            "name": "Microsoft Azure",
            "description": "May assign roles (Owner or User Access Administrator): the application gets Monitoring "
            "Metrics Publisher on the data collection rule.",
        },
        {
            "name": "Anthropic",
            "description": "A key of the Compliance API or an Admin key, for the forwarder; it never comes to Azure.",
        },
    ],
}


def _steps() -> list[dict[str, Any]]:
    return [
        {
            "title": "1. Make what the forwarder sends to",
            "description": "The button makes the tables, a data collection rule, and an application with a secret that "
            "may send to that rule and do nothing else.",
            "instructions": [
                {
                    "type": "DeployPushConnectorButton",
                    "parameters": {"label": "Deploy", "applicationDisplayName": "claude-siem forwarder"},
                }
            ],
        },
        {
            "title": "2. Put these into the forwarder's configuration",
            "description": "The keys of `sinks.sentinel` and their values.",
            "instructions": [_markdown(CONFIGURATION), *(_label(key, *told) for key, told in LABELS.items())],
        },
        {
            "title": "3. Prove it and start",
            "description": "The role takes up to 30 minutes to hold.",
            "instructions": [
                _markdown(
                    "`claude-siem check --config FILE` sends one row and says what is missing; "
                    "`claude-siem run --config FILE` is the service."
                )
            ],
        },
    ]


def _markdown(text: str) -> dict[str, Any]:
    return {"type": "Markdown", "parameters": {"content": text}}


def _label(key: str, label: str, fill: str) -> dict[str, Any]:
    return {
        "type": "CopyableLabel",
        "parameters": {"label": f"{key}: {label}", "fillWith": [fill], "placeholder": "Deploy first"},
    }
