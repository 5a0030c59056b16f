"""Usage and cost: one event per row of a bucket of a report (6003, activity 99).

OCSF has no class for metrics. The whole row is in `unmapped` under the report's name; tokens are summed in
`message_context`; money is in `unmapped.spend` in the currency's own unit, an exact decimal as text, beside the
source's cents in the row.

Source: Admin API reference, Get Messages Usage Report, Get Cost Report, Get Claude Code Usage Report.

Invariants
    A restated usage record keeps the event's uid and has a higher `unmapped.revision`.
    Rows that the report groups alike are as many events: the Claude Code report names a key by its name only, and two
    keys may have one name.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from forwarder.errors import Reject
from forwarder.ocsf.admin.envelope import admin_key_fields, admin_metadata, observables
from forwarder.ocsf.admin.fields import Fields, canonical, text_at
from forwarder.ocsf.admin.objects import WORKSPACE
from forwarder.ocsf.admin.usage_values import (
    dimension_values,
    money,
    tokens_of_claude_code,
    tokens_of_messages,
    total,
)
from forwarder.ocsf.core.actors import NOBODY, NOWHERE, read_actor
from forwarder.ocsf.core.captions import OTHER, USER_TYPES
from forwarder.ocsf.core.envelope import classification, join, outcome
from forwarder.ocsf.core.values import clean, clean_object
from forwarder.records import Event, Receipt, UsageRecord, event_uid, namespace

CLASS_UID = 6003
_SPACE = namespace("usage")
_PRINCIPALS = {"account_id": 1, "service_account_id": 4, "api_key_id": 4}
"""The fields of the principal, the first that is set counts → OCSF user type."""


class UsageParts(NamedTuple):
    """What a row contributes to its event, and its key fields."""

    actor: dict[str, Any]
    attributes: dict[str, Any]
    unmapped: dict[str, Any]
    key_fields: dict[str, Any]


class ReportMapping(NamedTuple):
    """The rows of one report."""

    name: str
    """Of the report, for identities."""
    code: str
    activity: str
    unmapped_key: str
    """The key of the row in `unmapped`."""
    dimensions: frozenset[str]
    """Fields that a row is grouped by."""
    measures: frozenset[str]
    """Fields that hold amounts, and the bucket's own time, which rows of Claude Code repeat."""
    parts: Callable[["ReportMapping", dict[str, Any]], UsageParts]


def usage_event(record: UsageRecord, receipt: Receipt) -> Event:
    """The event of one row. Raises `Reject` only for an unknown report."""
    mapping = _report_mapping(record.source)
    fields = clean_object(dict(record.fields))
    parts = mapping.parts(mapping, fields)
    event = _event(record, mapping, _uid(record, mapping, fields), parts, receipt)
    opening = classification(CLASS_UID, OTHER, mapping.activity)
    body = join(opening, record.time_ms, outcome(1, 1), event)
    indexed = admin_key_fields(
        event,
        receipt,
        (CLASS_UID, OTHER),
        record.time_ms,
        model=event.get("ai_model", {}).get("name"),
        tokens=event.get("message_context", {}).get("total_tokens"),
        revision=record.revision_ms,
        **parts.key_fields,
    )
    return Event("usage", indexed, body)


def usage_uid(record: UsageRecord) -> str:
    """The uid of a usage record's event. Raises `Reject` only for an unknown report."""
    return _uid(record, _report_mapping(record.source), clean_object(dict(record.fields)))


def _uid(record: UsageRecord, mapping: ReportMapping, fields: Fields) -> str:
    """Made of the report, the bucket, the organization if known, the dimensions of the cleaned row, and which row."""
    bucket = [mapping.name, record.time_ms, record.end_ms, clean(record.organization)]
    values = dimension_values(fields, mapping.dimensions, mapping.measures)
    dimensions = sorted(values, key=lambda one: (one[0], canonical(one[1])))
    which = [record.occurrence] if record.occurrence else []  # a row of its own keeps the uid it always had
    return event_uid(_SPACE, canonical([*bucket, dimensions, *which]).decode())


def _report_mapping(source: str) -> ReportMapping:
    """The mapping of a report. Raises `Reject` for an unknown one: its rows have no identity."""
    mapping = REPORT_MAPPINGS.get(source)
    if mapping is None:
        raise Reject("unknown-report", f"report {source!r} is none of {', '.join(REPORT_MAPPINGS)}")
    return mapping


def _event(
    record: UsageRecord, mapping: ReportMapping, uid: str, parts: UsageParts, receipt: Receipt
) -> dict[str, Any]:
    metadata = admin_metadata(uid, mapping.code, mapping.code, clean(record.organization), receipt)
    if parts.attributes.keys() & {"ai_model", "message_context"}:
        metadata["profiles"] = ("ai_operation",)
    event = {
        "metadata": metadata,
        "actor": parts.actor,
        "src_endpoint": NOWHERE,
        "api": {"operation": mapping.code},
        "start_time": record.time_ms,
        "end_time": record.end_ms,
        "duration": record.end_ms - record.time_ms,
        **parts.attributes,
    }
    if found := observables(event):
        event["observables"] = found
    return event | {"unmapped": {**parts.unmapped, "revision": record.revision_ms}}


def _usage(mapping: ReportMapping, row: dict[str, Any]) -> UsageParts:
    user = _principal(row)
    attributes = {"message_context": tokens_of_messages(row), **_model(text_at(row, ("model",)))}
    named = {"user": user.get("uid"), "actor_uid": user.get("uid")}
    key = {"object_uid": text_at(row, ("api_key_id",)), "object_type": "API Key"}
    return UsageParts({"user": user}, attributes, {mapping.unmapped_key: row}, {**named, **key})


def _cost(mapping: ReportMapping, row: dict[str, Any]) -> UsageParts:
    workspace = text_at(row, ("workspace_id",))
    attributes = _model(text_at(row, ("model",)))
    if workspace:
        attributes["resources"] = [{"uid": workspace, "type": WORKSPACE}]
    spent = money(row.get("amount"), row.get("currency"))
    spend = {"spend": spent.attributes()} if spent else {}
    return UsageParts({"user": NOBODY}, attributes, {mapping.unmapped_key: row, **spend}, _object(workspace))


def _claude_code(mapping: ReportMapping, row: dict[str, Any]) -> UsageParts:
    """The user is mapped as an actor of the Activity Feed is, with the source's own fields in `unmapped.actor`."""
    rest = dict(row)
    actor = read_actor(rest.pop("actor", None))
    key = text_at(actor.unmapped, ("api_key_name",)) if isinstance(actor.unmapped, dict) else None
    user = {**actor.user, "name": key} if key and actor.type == "api_actor" else actor.user
    models = _objects(row.get("model_breakdown"))
    names = {name for model in models if (name := text_at(model, ("model",)))}
    attributes = {"message_context": tokens_of_claude_code(models), **_model(names.pop() if len(names) == 1 else None)}
    if actor.ip:
        attributes["src_endpoint"] = {"ip": actor.ip}
    if actor.user_agent:
        attributes["http_request"] = {"user_agent": actor.user_agent}
    unmapped = {"actor": actor.unmapped} if actor.unmapped is not None else {}
    if rest:
        unmapped[mapping.unmapped_key] = rest
    spent = total(money(cost.get("amount"), cost.get("currency")) for cost in map(_estimated, models))
    if spent:
        unmapped["spend"] = {**spent.attributes(), "estimated": True}
    named = {"user": key or actor.name, "actor_uid": actor.uid, "actor_type": actor.type, "src_ip": actor.ip}
    return UsageParts({**actor.attributes, "user": user}, attributes, unmapped, named)


def _principal(row: Fields) -> dict[str, Any]:
    for name, type_id in _PRINCIPALS.items():
        if isinstance(row.get(name), str):
            return {"uid": row[name], "type": USER_TYPES[type_id], "type_id": type_id}
    return NOBODY


def _model(name: str | None) -> dict[str, Any]:
    return {"ai_model": {"name": name, "ai_provider": "Anthropic"}} if name else {}


def _object(workspace: str | None) -> dict[str, Any]:
    return {"object_uid": workspace, "object_type": WORKSPACE} if workspace else {}


def _objects(value: Any) -> list[Fields]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _estimated(model: Fields) -> Fields:
    cost = model.get("estimated_cost")
    return cost if isinstance(cost, dict) else {}


REPORT_MAPPINGS: Mapping[str, ReportMapping] = MappingProxyType(
    {
        "usage": ReportMapping(
            "messages",
            "usage_report.messages",
            "Usage Report",
            "usage",
            dimensions=frozenset(
                {
                    *("account_id", "api_key_id", "context_window", "inference_geo", "model", "service_account_id"),
                    *("service_tier", "speed", "workspace_id"),
                }
            ),
            measures=frozenset(
                {
                    *("cache_creation", "cache_read_input_tokens", "output_tokens", "server_tool_use"),
                    "uncached_input_tokens",
                }
            ),
            parts=_usage,
        ),
        "cost": ReportMapping(
            "cost",
            "cost_report",
            "Cost Report",
            "cost",
            dimensions=frozenset(
                {
                    *("context_window", "cost_type", "currency", "description", "inference_geo", "model"),
                    *("service_tier", "token_type", "workspace_id"),
                }
            ),
            measures=frozenset({"amount"}),
            parts=_cost,
        ),
        "claude_code_usage": ReportMapping(
            "claude_code",
            "usage_report.claude_code",
            "Claude Code Usage Report",
            "claude_code",
            dimensions=frozenset(
                {"actor", "customer_type", "is_remote", "organization_id", "subscription_type", "terminal_type"}
            ),
            measures=frozenset({"core_metrics", "date", "model_breakdown", "tool_actions"}),
            parts=_claude_code,
        ),
    }
)
"""The source of a usage record → the mapping of its report."""
