"""The four tables and the stream declarations of the data collection rule, from one list of columns.

Types are the forwarder's; a data collection rule writes `datetime`, a table `dateTime` (Azure Monitor: structure of a
data collection rule; Tables REST interface).
"""

from typing import Any, NamedTuple

from forwarder.records import STREAMS, Stream
from forwarder.sinks.sentinel import TABLES, columns

TABLE_API = "2022-10-01"
_TABLE_TYPES = {"datetime": "dateTime", "bool": "boolean"}
_STREAM_TYPES = {"bool": "boolean"}


class Kept(NamedTuple):
    """Default retention of a table."""

    holds: str
    days: int


KEPT: dict[Stream, Kept] = {
    "activity": Kept("activities, inventories, changes and forwarder health", 90),
    "usage": Kept("token usage and cost", 90),
    "agent": Kept("agent telemetry", 90),
    "content": Kept("messages, files and transcripts", 30),
}
"""Content is the most sensitive and largest data, and no shipped rule looks back further than 14 days."""


def table_parameters() -> dict[str, dict[str, Any]]:
    """Plan, interactive and total retention of each table (Azure Monitor: table plans, manage data retention)."""
    return {name: parameter for stream in STREAMS for name, parameter in _parameters(stream).items()}


def _parameters(stream: Stream) -> dict[str, dict[str, Any]]:
    table, kept = TABLES[stream], KEPT[stream]
    return {
        f"{stream}Plan": {
            "type": "string",
            "defaultValue": "Analytics",
            "allowedValues": ["Analytics", "Basic"],
            "metadata": {"description": f"Table plan of {table} ({kept.holds}); rules need Analytics"},
        },
        f"{stream}RetentionInDays": {
            "type": "int",
            "defaultValue": kept.days,
            "minValue": 4,
            "maxValue": 730,
            "metadata": {"description": f"Interactive retention of {table} in days; the Basic plan has a fixed 30"},
        },
        f"{stream}TotalRetentionInDays": {
            "type": "int",
            "defaultValue": f"[parameters('{stream}RetentionInDays')]",
            "minValue": 4,
            "maxValue": 4383,
            "metadata": {
                "description": f"Total retention of {table} in days: up to 730, or whole years (1095 to 4383)"
            },
        },
    }


def stream_name(stream: Stream) -> str:
    """The stream that the forwarder sends to and that the rule writes to the table."""
    return f"Custom-{TABLES[stream]}"


def tables() -> list[dict[str, Any]]:
    """One resource per table."""
    return [_table(stream) for stream in STREAMS]


def table_id(stream: Stream) -> str:
    """Id for `dependsOn`."""
    table = TABLES[stream]
    return f"[resourceId('Microsoft.OperationalInsights/workspaces/tables', parameters('workspace'), '{table}')]"


def table_ids() -> list[str]:
    """Ids of all tables for `dependsOn`."""
    return [table_id(stream) for stream in STREAMS]


def on_analytics(stream: Stream) -> str:
    """The expression that is true where rules can read the table."""
    return f"equals(parameters('{stream}Plan'), 'Analytics')"


def schema(stream: Stream) -> dict[str, Any]:
    """Name and columns of the table."""
    return {"name": TABLES[stream], "columns": _named(stream, _TABLE_TYPES)}


def _table(stream: Stream) -> dict[str, Any]:
    days = f"parameters('{stream}RetentionInDays')"
    return {
        "type": "Microsoft.OperationalInsights/workspaces/tables",
        "apiVersion": TABLE_API,
        "name": f"[concat(parameters('workspace'), '/{TABLES[stream]}')]",
        "properties": {
            "plan": f"[parameters('{stream}Plan')]",
            # Plan Basic has a fixed interactive retention and rejects a value (Azure Monitor: table plans).
            "retentionInDays": f"[if({on_analytics(stream)}, {days}, json('null'))]",
            "totalRetentionInDays": f"[parameters('{stream}TotalRetentionInDays')]",
            "schema": schema(stream),
        },
    }


def stream_declarations() -> dict[str, Any]:
    """Stream name and its columns. Azure drops other fields."""
    return {stream_name(stream): {"columns": _named(stream, _STREAM_TYPES)} for stream in STREAMS}


def _named(stream: Stream, types: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": types.get(kind, kind)} for name, kind in columns(stream).items()]
