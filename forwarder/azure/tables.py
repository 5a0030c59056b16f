"""The four tables: there, with our columns, on a plan that rules can read.

Sources: REST reference, *Tables - Get*; Azure Monitor, *Table plans*, *Manage data retention*.
"""

from typing import NamedTuple

from forwarder.azure.connection import Azure
from forwarder.azure.package import DEPLOY
from forwarder.records import Stream
from forwarder.siem.findings import Finding, doubtful, fine, wrong
from forwarder.sinks.sentinel.columns import TABLES, differences

READABLE = "Analytics"
LOOKBACK = 14
"""Days that the rules look back at most."""
_COLUMNS = ("standardColumns", "columns")
"""Where Azure lists columns: its own, and those that were asked for. `TimeGenerated` may stand in either."""


class Table(NamedTuple):
    """A table as Azure has it."""

    plan: str
    retention: int
    """Days that its rows can be queried."""
    total_retention: int
    """Days that they are kept in all."""
    columns: dict[str, str]


def ask_table(azure: Azure, stream: Stream) -> Table | None:
    """The stream's table; `None`: it is not there. Raises as `Azure.asked`."""
    where, name = azure.workspace, TABLES[stream]
    told = azure.found(f"table {name}", lambda: azure.log_analytics.tables.get(where.group, where.name, name))
    if told is None:
        return None
    held = told["properties"]
    schema = held["schema"]
    return Table(
        str(held.get("plan") or READABLE),
        int(held.get("retentionInDays") or 0),
        int(held.get("totalRetentionInDays") or 0),
        {one["name"]: one["type"] for kind in _COLUMNS for one in schema.get(kind) or []},
    )


def judge_table(stream: Stream, table: Table | None) -> Finding:
    """Whether it holds all that comes, and can be read."""
    subject = f"table {TABLES[stream]}"
    if table is None:
        return wrong(subject, f"is not there: rows of {stream} are lost after Azure's 204; {DEPLOY}")
    if lacking := differences(stream, table.columns):
        return wrong(subject, f"{lacking}: Azure drops what they would hold without a word; {DEPLOY}")
    told = f"plan {table.plan}, {table.retention} days to query, {table.total_retention} in all"
    if table.plan != READABLE:
        return doubtful(subject, f"{told}; rules cannot read this plan: change it to {READABLE} if they should")
    if table.retention < LOOKBACK:
        return doubtful(subject, f"{told}; rules look back {LOOKBACK} days: keep it longer")
    return fine(subject, f"has all columns; {told}")
