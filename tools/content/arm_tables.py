"""The four tables and the stream declarations of the data collection rule, from one list of columns.

Types are the forwarder's; a data collection rule writes `datetime`, a table `dateTime` (Azure Monitor: structure of a
data collection rule; Tables REST interface).
"""

from typing import Any

from forwarder.records import STREAMS, Stream
from forwarder.sinks.sentinel import TABLES, columns

TABLE_API = "2022-10-01"
_TABLE_TYPES = {"datetime": "dateTime", "bool": "boolean"}
_STREAM_TYPES = {"bool": "boolean"}
_INTERACTIVE_DAYS = "[if(equals(parameters('plan'), 'Analytics'), parameters('retentionInDays'), json('null'))]"
"""Plan Basic has a fixed interactive retention and refuses a figure (Azure Monitor: table plans)."""


def stream_name(stream: Stream) -> str:
    """The stream that the forwarder sends to, and that the rule gives out into the table."""
    return f"Custom-{TABLES[stream]}"


def tables() -> list[dict[str, Any]]:
    """A resource a table."""
    return [_table(stream) for stream in STREAMS]


def table_id(stream: Stream) -> str:
    """What another resource depends on."""
    table = TABLES[stream]
    return f"[resourceId('Microsoft.OperationalInsights/workspaces/tables', parameters('workspace'), '{table}')]"


def _table(stream: Stream) -> dict[str, Any]:
    return {
        "type": "Microsoft.OperationalInsights/workspaces/tables",
        "apiVersion": TABLE_API,
        "name": f"[concat(parameters('workspace'), '/{TABLES[stream]}')]",
        "properties": {
            "plan": "[parameters('plan')]",
            "retentionInDays": _INTERACTIVE_DAYS,
            "totalRetentionInDays": "[parameters('retentionInDays')]",
            "schema": {"name": TABLES[stream], "columns": _named(stream, _TABLE_TYPES)},
        },
    }


def stream_declarations() -> dict[str, Any]:
    """Stream name and its columns; fields that are not among them are dropped by Azure."""
    return {stream_name(stream): {"columns": _named(stream, _STREAM_TYPES)} for stream in STREAMS}


def _named(stream: Stream, types: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": types.get(kind, kind)} for name, kind in columns(stream).items()]
