"""The data collection rule that takes the rows: its address, what it declares, and where it lets flow.

Sources: Azure Monitor, *Structure of a data collection rule*, *Logs Ingestion API overview*; REST reference, *Data
Collection Rules - List By Resource Group*, *- List By Subscription*.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from forwarder.azure.connection import Azure
from forwarder.azure.package import DEPLOY
from forwarder.records import STREAMS, Stream
from forwarder.siem.findings import Finding, doubtful, fine, wrong
from forwarder.sinks.sentinel.columns import TABLES, differences

SUBJECT = "collection rule"
_UNCHANGED = "source"
"""The transformation that lets every row through as it is."""


class Flow(NamedTuple):
    """One way through the rule."""

    streams: tuple[str, ...]
    workspaces: tuple[str, ...]
    """Resource ids."""
    transformation: str
    output: str


class CollectionRule(NamedTuple):
    """A data collection rule as Azure has it."""

    resource_id: str
    name: str
    endpoint: str
    """Its own ingestion address; empty: it has none, as it is not of kind Direct."""
    collection_endpoint: str
    """Resource id of the data collection endpoint before it; empty: none."""
    streams: Mapping[str, Mapping[str, str]]
    """Column name and type by declared stream."""
    flows: tuple[Flow, ...]


def ask_collection_rule(azure: Azure) -> CollectionRule | None:
    """The rule with the sink's immutable id: in the workspace's resource group, else in its subscription.

    `None`: there is none that who asks may see. Raises as `Azure.asked`.
    """
    rules = azure.monitor.data_collection_rules
    with azure.asked("collection rules"):
        near = _with_id(rules.list_by_resource_group(azure.workspace.group), azure.settings.rule_id)
        found = near or _with_id(rules.list_by_subscription(), azure.settings.rule_id)
    return _rule(found) if found else None


def judge_absence(azure: Azure) -> Finding:
    """There is no such rule."""
    told = f"none in subscription {azure.workspace.subscription} has the immutable id {azure.settings.rule_id}"
    return wrong(SUBJECT, f"{told}, or who asks may not see it; set sinks.{azure.sink}.rule_id, or {DEPLOY}")


def judge_rule(azure: Azure, rule: CollectionRule) -> Iterator[Finding]:
    """The rule's address, then a line a stream."""
    yield _judge_address(azure, rule)
    for stream in STREAMS:
        yield _judge_stream(azure, rule, stream)


def _judge_address(azure: Azure, rule: CollectionRule) -> Finding:
    ours, key = azure.settings.endpoint, f"sinks.{azure.sink}.endpoint"
    if rule.endpoint.rstrip("/").lower() == ours.rstrip("/").lower():
        return fine(SUBJECT, f"{rule.name} takes rows at {rule.endpoint}")
    if rule.collection_endpoint:
        near = rule.collection_endpoint.rpartition("/")[2]
        return doubtful(SUBJECT, f"{rule.name} stands behind endpoint {near}: see that {key} is its address")
    if not rule.endpoint:
        return wrong(SUBJECT, f"{rule.name} has no address of its own (its kind is not Direct): {DEPLOY}")
    return wrong(SUBJECT, f"{rule.name} takes rows at {rule.endpoint}, {key} is {ours}: set it")


def _judge_stream(azure: Azure, rule: CollectionRule, stream: Stream) -> Finding:
    name = azure.settings.streams[stream]
    subject, declared = f"stream {name}", rule.streams.get(name)
    if declared is None:
        return wrong(subject, f"is not declared in {rule.name}: every row of {stream} is refused; {DEPLOY}")
    if lacking := differences(stream, declared):
        return wrong(subject, f"{lacking}: Azure drops what they would hold without a word; {DEPLOY}")
    return _judge_flows(azure, rule, stream, [flow for flow in rule.flows if name in flow.streams])


def _judge_flows(azure: Azure, rule: CollectionRule, stream: Stream, flows: list[Flow]) -> Finding:
    subject, table = f"stream {azure.settings.streams[stream]}", f"Custom-{TABLES[stream]}"
    there = [flow for flow in flows if (flow.output or flow.streams[0]) == table]
    if not there:
        others = ", ".join(flow.output for flow in flows) or "nothing"
        return wrong(subject, f"flows into {others}, not into {table}, which the rules read; {DEPLOY}")
    ours = azure.workspace.resource_id.lower()
    if not any(ours == one.lower() for flow in there for one in flow.workspaces):
        elsewhere = ", ".join(one for flow in there for one in flow.workspaces) or "nothing"
        return wrong(subject, f"flows into {elsewhere}, not into {azure.workspace.name}; check {azure.place}.workspace")
    changed = next((flow.transformation for flow in there if flow.transformation != _UNCHANGED), None)
    if changed is not None:
        return doubtful(subject, f"is transformed on its way ({_short(changed)}); shipped is {_UNCHANGED}")
    return fine(subject, f"has all columns and flows into {TABLES[stream]} unchanged")


def _with_id(rules: Iterable[Any], immutable_id: str) -> Any:
    return next((rule for rule in rules if rule.immutable_id == immutable_id), None)


def _rule(told: Any) -> CollectionRule:
    analytics = (told.destinations and told.destinations.log_analytics) or []
    workspaces = {one.name: str(one.workspace_resource_id or "") for one in analytics}
    return CollectionRule(
        str(told.id),
        str(told.name),
        str((told.endpoints and told.endpoints.logs_ingestion) or ""),
        str(told.data_collection_endpoint_id or ""),
        {
            name: {str(column.name): str(column.type) for column in declared.columns or []}
            for name, declared in (told.stream_declarations or {}).items()
        },
        tuple(_flow(flow, workspaces) for flow in told.data_flows or []),
    )


def _flow(told: Any, workspaces: Mapping[str, str]) -> Flow:
    return Flow(
        tuple(told.streams or []),
        tuple(workspaces[name] for name in told.destinations or [] if name in workspaces),
        str(told.transform_kql or _UNCHANGED).strip(),
        str(told.output_stream or ""),
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
