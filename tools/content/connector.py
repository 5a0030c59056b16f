"""`sentinel/Data Connectors/ClaudeSIEM_CCF/`: a Codeless Connector of kind Push for the content hub.

Its Deploy button creates the tables, a data collection rule and an application with a secret that may send to it.
Sentinel or the repository's packager (V3) fills in the placeholders `{{…}}`.
Form: Azure-Sentinel, `Tools/Create-Azure-Sentinel-Solution/V3/CCF_README.md` and the connectors of kind Push there.
"""

from typing import Any

from forwarder.records import STREAMS, Stream
from forwarder.sinks.sentinel import TABLES
from tools.content.analytics_rules import CONNECTOR
from tools.content.arm import as_file
from tools.content.arm_collection import API as COLLECTION_API
from tools.content.arm_collection import flows
from tools.content.arm_tables import TABLE_API, schema, stream_name
from tools.content.connector_page import page
from tools.content.folder import Content

FOLDER = f"sentinel/Data Connectors/{CONNECTOR}_CCF"
DEFINITION = f"{FOLDER}/{CONNECTOR}_ConnectorDefinition.json"
_LOCATION = "{{location}}"


def connector_files(_: Content) -> dict[str, str]:
    """Definition, connection, data collection rule and one file per table."""
    parts = {
        DEFINITION: definition(),
        f"{FOLDER}/{CONNECTOR}_DataConnector.json": _connection(),
        f"{FOLDER}/{CONNECTOR}_DCR.json": _collection_rule(),
        **{f"{FOLDER}/{TABLES[stream]}_Table.json": _table(stream) for stream in STREAMS},
    }
    return {path: as_file(part) for path, part in parts.items()}


def definition() -> dict[str, Any]:
    """The connector's page in Sentinel."""
    return {
        "type": "Microsoft.SecurityInsights/dataConnectorDefinitions",
        "apiVersion": "2022-09-01-preview",
        "name": CONNECTOR,
        "location": _LOCATION,
        "kind": "Customizable",
        "properties": {"connectorUiConfig": page()},
    }


def _connection() -> dict[str, Any]:
    """The connection that the button creates. One stream stands for all, the application may send to the whole rule."""
    return {
        "type": "Microsoft.SecurityInsights/dataConnectors",
        "apiVersion": "2025-04-01-preview",
        "name": f"{CONNECTOR}Push",
        "location": _LOCATION,
        "kind": "Push",
        "properties": {
            "connectorDefinitionName": CONNECTOR,
            "dcrConfig": {
                "dataCollectionRuleId": "{{dataCollectionRuleId}}",
                "dataCollectionEndpoint": "{{dataCollectionEndpoint}}",
                "dataCollectionRuleImmutableId": "{{dataCollectionRuleImmutableId}}",
                "streamName": stream_name(STREAMS[0]),
            },
            "auth": {"type": "Push", "appId": "{{appId}}", "servicePrincipalId": "{{servicePrincipalId}}"},
            "request": {"RetryCount": 1},
            "response": {"eventsJsonPaths": ["$"]},
        },
    }


def _collection_rule() -> dict[str, Any]:
    return {
        "type": "Microsoft.Insights/dataCollectionRules",
        "apiVersion": COLLECTION_API,
        "name": f"{CONNECTOR}DCR",
        "location": _LOCATION,
        "properties": {
            "dataCollectionEndpointId": "{{dataCollectionEndpointId}}",
            **flows("{{workspaceResourceId}}"),
        },
    }


def _table(stream: Stream) -> dict[str, Any]:
    return {
        "type": "Microsoft.OperationalInsights/workspaces/tables",
        "apiVersion": TABLE_API,
        "name": TABLES[stream],
        "location": _LOCATION,
        "properties": {"schema": schema(stream)},
    }
