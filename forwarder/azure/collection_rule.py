"""The data collection rule that receives the rows: endpoint, declared streams, data flows, and its error log.

Sources: Azure Monitor, *Structure of a data collection rule*, *Logs Ingestion API overview*, *Monitor and troubleshoot
DCR data collection* (category LogErrors, table DCRLogErrors); REST reference, *Data Collection Rules - List By Resource
Group*, *- List By Subscription*, *Diagnostic Settings - List*, 2021-05-01-preview. Microsoft's package of this version
has no client for diagnostic settings.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from azure.core.rest import HttpRequest

from forwarder.azure.connection import Azure
from forwarder.azure.package import DEPLOY
from forwarder.records import STREAMS, Stream
from forwarder.siem.check import SiemFinding, failure, ok, warning
from forwarder.sinks.sentinel.columns import TABLES, differences

SUBJECT, ERRORS_SUBJECT = "collection rule", "collection rule's errors"
"""Subjects of findings."""
_UNCHANGED = "source"
"""The transformation that passes every row unchanged."""


class DataFlow(NamedTuple):
    """A data flow of the rule."""

    streams: tuple[str, ...]
    workspaces: tuple[str, ...]
    """Resource ids."""
    transformation: str
    output: str


class CollectionRule(NamedTuple):
    """A data collection rule as deployed."""

    resource_id: str
    name: str
    endpoint: str
    """Its own ingestion endpoint; empty: it has none, as it is not of kind Direct."""
    collection_endpoint: str
    """Resource id of its data collection endpoint; empty: none."""
    streams: Mapping[str, Mapping[str, str]]
    """Column name and type by declared stream."""
    flows: tuple[DataFlow, ...]


def read_collection_rule(azure: Azure) -> CollectionRule | None:
    """The rule with the sink's immutable id: in the workspace's resource group, else in its subscription.

    `None`: there is none that the identity may read. Raises as `Azure.request`.
    """
    rules = azure.monitor.data_collection_rules
    with azure.request("collection rules"):
        in_group = _with_id(rules.list_by_resource_group(azure.workspace.group), azure.settings.rule_id)
        found = in_group or _with_id(rules.list_by_subscription(), azure.settings.rule_id)
    return _rule(found) if found else None


def missing_collection_rule(azure: Azure) -> SiemFinding:
    """There is no such rule."""
    text = f"none in subscription {azure.workspace.subscription} has the immutable id {azure.settings.rule_id}"
    return failure(SUBJECT, f"{text}, or the identity may not read it; set sinks.{azure.sink}.rule_id, or {DEPLOY}")


def check_collection_rule(azure: Azure, rule: CollectionRule) -> Iterator[SiemFinding]:
    """The rule's endpoint, then each stream."""
    yield _check_endpoint(azure, rule)
    for stream in STREAMS:
        yield _check_stream(azure, rule, stream)


def _check_endpoint(azure: Azure, rule: CollectionRule) -> SiemFinding:
    configured, key = azure.settings.endpoint, f"sinks.{azure.sink}.endpoint"
    if rule.endpoint.rstrip("/").lower() == configured.rstrip("/").lower():
        return ok(SUBJECT, f"{rule.name} receives rows at {rule.endpoint}")
    if rule.collection_endpoint:
        name = rule.collection_endpoint.rpartition("/")[2]
        return warning(SUBJECT, f"{rule.name} uses data collection endpoint {name}: check that {key} is its address")
    if not rule.endpoint:
        return failure(SUBJECT, f"{rule.name} has no endpoint of its own (its kind is not Direct): {DEPLOY}")
    return failure(SUBJECT, f"{rule.name} receives rows at {rule.endpoint}, but {key} is {configured}: correct it")


def _check_stream(azure: Azure, rule: CollectionRule, stream: Stream) -> SiemFinding:
    name = azure.settings.streams[stream]
    subject, declared = f"stream {name}", rule.streams.get(name)
    if declared is None:
        return failure(subject, f"is not declared in {rule.name}: every row of {stream} is refused; {DEPLOY}")
    if different := differences(stream, declared):
        return failure(subject, f"{different}: Azure drops the values of these columns; {DEPLOY}")
    return _check_flows(azure, rule, stream, [flow for flow in rule.flows if name in flow.streams])


def _check_flows(azure: Azure, rule: CollectionRule, stream: Stream, flows: list[DataFlow]) -> SiemFinding:
    subject, table = f"stream {azure.settings.streams[stream]}", f"Custom-{TABLES[stream]}"
    to_table = [flow for flow in flows if (flow.output or flow.streams[0]) == table]
    if not to_table:
        outputs = ", ".join(flow.output for flow in flows) or "nothing"
        return failure(subject, f"flows into {outputs}, not into {table}, which the rules read; {DEPLOY}")
    workspace = azure.workspace.resource_id.lower()
    if not any(workspace == one.lower() for flow in to_table for one in flow.workspaces):
        elsewhere = ", ".join(one for flow in to_table for one in flow.workspaces) or "nothing"
        return failure(
            subject, f"flows into {elsewhere}, not into {azure.workspace.name}; check {azure.place}.workspace"
        )
    changed = next((flow.transformation for flow in to_table if flow.transformation != _UNCHANGED), None)
    if changed is not None:
        return warning(subject, f"is transformed ({_short(changed)}); the shipped transformation is {_UNCHANGED}")
    return ok(subject, f"has all columns and flows into {TABLES[stream]} unchanged")


def _with_id(rules: Iterable[Any], immutable_id: str) -> Any:
    return next((rule for rule in rules if rule.immutable_id == immutable_id), None)


def _rule(found: Any) -> CollectionRule:
    analytics = (found.destinations and found.destinations.log_analytics) or []
    workspaces = {one.name: str(one.workspace_resource_id or "") for one in analytics}
    return CollectionRule(
        str(found.id),
        str(found.name),
        str((found.endpoints and found.endpoints.logs_ingestion) or ""),
        str(found.data_collection_endpoint_id or ""),
        {
            name: {str(column.name): str(column.type) for column in declared.columns or []}
            for name, declared in (found.stream_declarations or {}).items()
        },
        tuple(_flow(flow, workspaces) for flow in found.data_flows or []),
    )


def _flow(found: Any, workspaces: Mapping[str, str]) -> DataFlow:
    return DataFlow(
        tuple(found.streams or []),
        tuple(workspaces[name] for name in found.destinations or [] if name in workspaces),
        str(found.transform_kql or _UNCHANGED).strip(),
        str(found.output_stream or ""),
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


_CATEGORY, _ALL = "LogErrors", ("allLogs",)
_API = "2021-05-01-preview"


def check_error_logging(azure: Azure, rule: CollectionRule) -> Iterator[SiemFinding]:
    """Whether rows that are refused after the 204 are logged into this workspace. Raises as `Azure.request`."""
    settings = list(_diagnostic_settings(azure, rule))
    workspace = azure.workspace.resource_id.lower()
    names = [
        str(one.get("name", "?"))
        for one in settings
        if str(one["properties"].get("workspaceId") or "").lower() == workspace and _logs_errors(one["properties"])
    ]
    if names:
        yield ok(ERRORS_SUBJECT, f"are logged in DCRLogErrors of this workspace ({names[0]})")
    else:
        yield warning(ERRORS_SUBJECT, f"are not logged here: rows dropped after the 204 go unnoticed; {DEPLOY}")


def _logs_errors(properties: Any) -> bool:
    return any(
        log.get("enabled") and (log.get("category") == _CATEGORY or log.get("categoryGroup") in _ALL)
        for log in properties.get("logs") or []
    )


def _diagnostic_settings(azure: Azure, rule: CollectionRule) -> Iterator[Any]:
    path = f"{rule.resource_id}/providers/Microsoft.Insights/diagnosticSettings"
    with azure.request(ERRORS_SUBJECT):
        answer = azure.log_analytics.send_request(HttpRequest("GET", path, params={"api-version": _API}))
        answer.raise_for_status()
        yield from answer.json()["value"]
