"""The connector's page in Sentinel: description, required permissions and the forwarder's configuration.

Form: Microsoft Sentinel, data connector definitions reference; the button and its labels: connectors of kind Push.
"""

from typing import Any

from forwarder.records import STREAMS
from forwarder.sinks.sentinel import TABLES
from tools.content.analytics_rules import CONNECTOR

TITLE = "Claude (claude-siem forwarder)"
_DESCRIPTION = (
    "Claude audit, compliance, usage and agent events in OCSF, sent by the claude-siem forwarder. It collects them "
    "from Anthropic's APIs and stores them until they are delivered. [Azure Monitor Logs Ingestion API]"
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
        "Application secret. Copy it into that file now, it is not shown again",
        "ApplicationSecret",
    ),
}
"""Setting under `sinks.sentinel` → its label, and the name under which Sentinel fills in the value."""


def page() -> dict[str, Any]:
    """`connectorUiConfig`."""
    tables = [TABLES[stream] for stream in STREAMS]
    return {
        "id": CONNECTOR,
        "title": TITLE,
        "publisher": "claude-siem",
        "descriptionMarkdown": _DESCRIPTION,
        "graphQueries": [{"metricName": f"Rows of {table}", "legend": table, "baseQuery": table} for table in tables],
        "sampleQueries": [{"description": title, "query": "\n".join(lines)} for title, lines in _SAMPLES.items()],
        "dataTypes": [{"name": table, "lastDataReceivedQuery": _newest(table)} for table in tables],
        "connectivityCriteria": [{"type": "IsConnectedQuery", "value": [_connected(table) for table in tables]}],
        "isConnectivityCriteriasMatchSome": True,
        "availability": {"status": 1, "isPreview": False},
        "permissions": _PERMISSIONS,
        "instructionSteps": _steps(),
    }


_SAMPLES = {
    "Most frequent activity in the last day": [
        "ClaudeActivity_CL",
        "| where TimeGenerated > ago(1d)",
        "| summarize events = count() by EventCode",
        "| top 20 by events",
    ],
    "Tokens by model": [
        "ClaudeUsage_CL",
        "| summarize arg_max(Revision, TotalTokens, Model) by EventUid",
        "| summarize tokens = sum(TotalTokens) by Model",
    ],
    "Forwarder health reports": [
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
            "description": "Permission to register an application (Application Developer or higher).",
        },
        {
            "name": "Microsoft Azure",
            "description": "Permission to assign roles (Owner or User Access Administrator). The application gets "
            "Monitoring Metrics Publisher on the data collection rule.",
        },
        {
            "name": "Anthropic",
            "description": "A Compliance API key or an Admin key for the forwarder. It is never sent to Azure.",
        },
    ],
}


def _steps() -> list[dict[str, Any]]:
    return [
        {
            "title": "1. Create the tables and the data collection rule",
            "description": "Deploy creates the tables, a data collection rule, and an application with a secret that "
            "may only send to that rule.",
            "instructions": [
                {
                    "type": "DeployPushConnectorButton",
                    "parameters": {"label": "Deploy", "applicationDisplayName": "claude-siem forwarder"},
                }
            ],
        },
        {
            "title": "2. Configure the forwarder",
            "description": "The settings under `sinks.sentinel` and their values.",
            "instructions": [_markdown(CONFIGURATION), *(_label(key, *label) for key, label in LABELS.items())],
        },
        {
            "title": "3. Verify and start",
            "description": "The role assignment can take up to 30 minutes to take effect.",
            "instructions": [
                _markdown(
                    "`claude-siem check --config FILE` sends one row and reports what is missing. "
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
