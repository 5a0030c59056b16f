"""Usage and cost: one event per row of a bucket of a report (6003, activity 99).

OCSF has no class for metrics. The row stands whole in `unmapped` under the report's name; tokens are summed in
`message_context`; money stands in `unmapped.spend` in the currency's own unit, an exact decimal as text, beside the
source's cents in the row.

Invariant: a re-stated figure keeps the event's uid and carries a higher `unmapped.revision`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from forwarder.ocsf.admin.envelope import admin_metadata, key_fields, observables
from forwarder.ocsf.admin.groups import uid_of
from forwarder.ocsf.admin.money import money, total
from forwarder.ocsf.admin.parts import WORKSPACE
from forwarder.ocsf.admin.reading import Fields, text_at
from forwarder.ocsf.admin.reports import Report, report
from forwarder.ocsf.admin.tokens import of_claude_code, of_messages
from forwarder.ocsf.core.actors import NOBODY, NOWHERE, read_actor
from forwarder.ocsf.core.captions import OTHER, USER_TYPES
from forwarder.ocsf.core.envelope import classification, join, outcome
from forwarder.ocsf.core.values import clean, clean_object
from forwarder.records import Event, Receipt, UsageRecord

CLASS_UID = 6003
_PRINCIPALS = {"account_id": 1, "service_account_id": 4, "api_key_id": 4}
"""Whose usage it is, the first that the row names → OCSF user type."""


class Told(NamedTuple):
    """What a row says, by attribute of the event, and the pivots that follow."""

    actor: dict[str, Any]
    attributes: dict[str, Any]
    unmapped: dict[str, Any]
    key_fields: dict[str, Any]


def usage_event(figure: UsageRecord, receipt: Receipt) -> Event:
    """The event of one row. Raises `Reject` for a report that nobody knows, and for nothing else."""
    kind = report(figure.source)
    fields = clean_object(dict(figure.fields))
    told = _TELLERS[figure.source](kind, fields)
    event = _event(figure, kind, uid_of(figure, kind, fields), told, receipt)
    opening = classification(CLASS_UID, OTHER, kind.activity)
    body = join(opening, figure.time_ms, outcome(1, 1), event)
    counted = key_fields(
        event,
        receipt,
        (CLASS_UID, OTHER),
        figure.time_ms,
        model=event.get("ai_model", {}).get("name"),
        tokens=event.get("message_context", {}).get("total_tokens"),
        revision=figure.revision_ms,
        **told.key_fields,
    )
    return Event("usage", counted, body)


def _event(figure: UsageRecord, kind: Report, uid: str, told: Told, receipt: Receipt) -> dict[str, Any]:
    part = admin_metadata(uid, kind.code, kind.code, clean(figure.organization), receipt)
    if told.attributes.keys() & {"ai_model", "message_context"}:
        part["profiles"] = ("ai_operation",)
    event = {
        "metadata": part,
        "actor": told.actor,
        "src_endpoint": NOWHERE,
        "api": {"operation": kind.code},
        "start_time": figure.time_ms,
        "end_time": figure.end_ms,
        "duration": figure.end_ms - figure.time_ms,
        **told.attributes,
    }
    if seen := observables(event):
        event["observables"] = seen
    return event | {"unmapped": {**told.unmapped, "revision": figure.revision_ms}}


def _usage(kind: Report, row: dict[str, Any]) -> Told:
    user = _principal(row)
    attributes = {"message_context": of_messages(row), **_model(text_at(row, ("model",)))}
    named = {"user": user.get("uid"), "actor_uid": user.get("uid")}
    key = {"object_uid": text_at(row, ("api_key_id",)), "object_type": "API Key"}
    return Told({"user": user}, attributes, {kind.holds: row}, {**named, **key})


def _cost(kind: Report, row: dict[str, Any]) -> Told:
    workspace = text_at(row, ("workspace_id",))
    attributes = _model(text_at(row, ("model",)))
    if workspace:
        attributes["resources"] = [{"uid": workspace, "type": WORKSPACE}]
    spent = money(row.get("amount"), row.get("currency"))
    spend = {"spend": spent.written()} if spent else {}
    return Told({"user": NOBODY}, attributes, {kind.holds: row, **spend}, _object(workspace))


def _claude_code(kind: Report, row: dict[str, Any]) -> Told:
    """Whoever used it stands as in the Activity Feed: an actor, with the source's own words in `unmapped.actor`."""
    rest = dict(row)
    actor = read_actor(rest.pop("actor", None))
    key = text_at(actor.unmapped, ("api_key_name",)) if isinstance(actor.unmapped, dict) else None
    user = {**actor.user, "name": key} if key and actor.type == "api_actor" else actor.user
    models = _objects(row.get("model_breakdown"))
    names = {name for model in models if (name := text_at(model, ("model",)))}
    attributes = {"message_context": of_claude_code(models), **_model(names.pop() if len(names) == 1 else None)}
    if actor.ip:
        attributes["src_endpoint"] = {"ip": actor.ip}
    if actor.user_agent:
        attributes["http_request"] = {"user_agent": actor.user_agent}
    unmapped = {"actor": actor.unmapped} if actor.unmapped is not None else {}
    if rest:
        unmapped[kind.holds] = rest
    spent = total(money(cost.get("amount"), cost.get("currency")) for cost in map(_estimated, models))
    if spent:
        unmapped["spend"] = {**spent.written(), "estimated": True}
    named = {"user": key or actor.name, "actor_uid": actor.uid, "actor_type": actor.type, "src_ip": actor.ip}
    return Told({**actor.attributes, "user": user}, attributes, unmapped, named)


_TELLERS: dict[str, Callable[[Report, dict[str, Any]], Told]] = {
    "usage": _usage,
    "cost": _cost,
    "claude_code_usage": _claude_code,
}


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
