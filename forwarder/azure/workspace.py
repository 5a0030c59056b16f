"""The workspace as deployed: its state, Microsoft Sentinel on it, the four tables, and whether rows arrive.

Sources: REST reference, *Workspaces - Get*, *Sentinel Onboarding States - Get*, *Tables - Get*; Azure Monitor, *Table
plans*, *Manage data retention in a Log Analytics workspace*, *Monitor and troubleshoot DCR data collection*; reference
of the table DCRLogErrors.
"""

from collections.abc import Iterator
from typing import NamedTuple

from forwarder.azure.collection_rule import CollectionRule
from forwarder.azure.connection import Azure
from forwarder.azure.package import DEPLOY
from forwarder.azure.queries import WorkspaceQueries
from forwarder.errors import Misconfigured, Reject
from forwarder.records import Stream
from forwarder.redaction import shorten
from forwarder.siem.check import SiemFinding, failure, ok, warning
from forwarder.sinks.sentinel.columns import TABLES, differences

_ONBOARDING = "default"
"""The name of the only state (Sentinel Onboarding States)."""


class LogAnalyticsWorkspace(NamedTuple):
    """A Log Analytics workspace as deployed."""

    customer_id: str
    """The workspace id of the query API."""
    location: str
    retention: int
    """Days that rows can be queried, for tables without a retention of their own."""
    state: str
    """Such as `Succeeded`."""


def read_workspace(azure: Azure) -> LogAnalyticsWorkspace:
    """The workspace of the settings. Raises as `Azure.request`, and `Misconfigured` when it is not there."""
    where = azure.workspace
    found = azure.get_or_none("workspace", lambda: azure.log_analytics.workspaces.get(where.group, where.name))
    if found is None:
        raise Misconfigured(
            f"workspace {where.name} is not in resource group {where.group}: set {azure.place}.workspace"
        )
    properties = found["properties"]
    return LogAnalyticsWorkspace(
        str(properties.get("customerId") or ""),
        str(found["location"]),
        int(properties.get("retentionInDays") or 0),
        str(properties.get("provisioningState") or ""),
    )


def check_workspace(azure: Azure, workspace: LogAnalyticsWorkspace) -> SiemFinding:
    """Whether it is provisioned."""
    text = f"{azure.workspace.name} in {workspace.location}, keeps rows {workspace.retention} days"
    if workspace.state not in ("", "Succeeded"):
        return failure("workspace", f"{text}; its provisioning state is {workspace.state}: check it in the portal")
    return ok("workspace", text)


def check_onboarding(azure: Azure) -> Iterator[SiemFinding]:
    """Whether Microsoft Sentinel is on. Raises as `Azure.request`."""
    where = azure.workspace
    states = azure.sentinel.sentinel_onboarding_states
    state = azure.get_or_none("Microsoft Sentinel", lambda: states.get(where.group, where.name, _ONBOARDING))
    if state is None:
        fix = "add it (portal: Microsoft Sentinel > Create), otherwise no rule runs"
        yield failure("Microsoft Sentinel", f"is not enabled on {where.name}; {fix}")
    else:
        yield ok("Microsoft Sentinel", f"is enabled on {where.name}")


ANALYTICS_PLAN = "Analytics"
"""The plan whose tables rules can read."""
LOOKBACK = 14
"""Days that the rules look back at most."""
_COLUMNS = ("standardColumns", "columns")
"""Where Azure lists columns: its own and the declared ones. `TimeGenerated` may be in either."""


class LogAnalyticsTable(NamedTuple):
    """A table as deployed."""

    plan: str
    retention: int
    """Days that its rows can be queried."""
    total_retention: int
    """Days that they are kept in all."""
    columns: dict[str, str]


def read_table(azure: Azure, stream: Stream) -> LogAnalyticsTable | None:
    """The stream's table; `None`: it is not there. Raises as `Azure.request`."""
    where, name = azure.workspace, TABLES[stream]
    found = azure.get_or_none(f"table {name}", lambda: azure.log_analytics.tables.get(where.group, where.name, name))
    if found is None:
        return None
    properties = found["properties"]
    schema = properties["schema"]
    return LogAnalyticsTable(
        str(properties.get("plan") or ANALYTICS_PLAN),
        int(properties.get("retentionInDays") or 0),
        int(properties.get("totalRetentionInDays") or 0),
        {one["name"]: one["type"] for kind in _COLUMNS for one in schema.get(kind) or []},
    )


def check_table(stream: Stream, table: LogAnalyticsTable | None) -> SiemFinding:
    """Whether it has every column and rules can read it."""
    subject = f"table {TABLES[stream]}"
    if table is None:
        return failure(subject, f"does not exist: Azure accepts rows of {stream} (204) and drops them; {DEPLOY}")
    if different := differences(stream, table.columns):
        return failure(subject, f"{different}: Azure drops the values of these columns; {DEPLOY}")
    text = f"plan {table.plan}, interactive retention {table.retention} days, total {table.total_retention}"
    if table.plan != ANALYTICS_PLAN:
        return warning(subject, f"{text}; rules cannot read this plan: change it to {ANALYTICS_PLAN} to use them")
    if table.retention < LOOKBACK:
        return warning(subject, f"{text}; rules look back {LOOKBACK} days: extend it")
    return ok(subject, f"has all columns; {text}")


_HEALTH_TABLE = "ClaudeActivity_CL"
"""The forwarder writes a health event there every five minutes, so a gap means that it does not run."""
_DAYS, _LATE_MINUTES = 7, 60
NEWEST_ROW = f"""{_HEALTH_TABLE}
| where TimeGenerated > ago({_DAYS}d)
| summarize newest = max(TimeGenerated), n = count()
| extend minutes = datetime_diff('minute', now(), newest)"""
REFUSED_ROWS = """union isfuzzy=true
    (datatable(TimeGenerated:datetime, InputStreamId:string, Message:string, _ResourceId:string)[]),
    DCRLogErrors
| where TimeGenerated > ago(1d) and _ResourceId =~ '{rule}'
| summarize n = count(), message = take_any(Message), stream = take_any(InputStreamId)"""
"""The table does not exist before its first row, which `isfuzzy` accepts."""


def check_arrival(azure: Azure, customer_id: str) -> Iterator[SiemFinding]:
    """When the newest row arrived. Raises as `Azure.request`."""
    try:
        (row,) = WorkspaceQueries(azure, customer_id).rows(NEWEST_ROW)
    except Reject as refused:
        yield warning("arrival", f"the query failed: {refused}")
        return
    if not row["n"]:
        yield warning("arrival", f"{_HEALTH_TABLE} has no row of the last {_DAYS} days: check that the forwarder runs")
        return
    text = f"the newest row of {_HEALTH_TABLE} arrived at {row['newest']}, {row['minutes']} minutes ago"
    late = row["minutes"] > _LATE_MINUTES
    yield warning("arrival", f"{text}: check that the forwarder runs") if late else ok("arrival", text)


def check_refused_rows(azure: Azure, customer_id: str, rule: CollectionRule) -> Iterator[SiemFinding]:
    """The rows that the rule refused in the last day. Raises as `Azure.request`."""
    try:
        (row,) = WorkspaceQueries(azure, customer_id).rows(
            REFUSED_ROWS.format(rule=rule.resource_id.replace("'", "\\'"))
        )
    except Reject as refused:
        yield warning("refused rows", f"the query failed: {refused}")
        return
    if row["n"]:
        message = shorten(" ".join(str(row["message"]).split()), 200)
        text = f"{row['n']} entries in DCRLogErrors of the last day, such as one of {row['stream']}: {message}"
        yield warning("refused rows", f"{text}; see the table for all of them")
    else:
        yield ok("refused rows", "none in DCRLogErrors of the last day")
