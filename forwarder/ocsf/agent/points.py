"""Data points of metrics (`metrics.yaml`): deltas are usage figures, all others are reports that nobody may add up.

A cumulative sum says the total since its client began; added to the others of its series it would count twice. So only
deltas go to stream `usage`; the rest goes to stream `agent` as Metric Report.
Source: Claude Code, Monitoring, Metrics: the temporality is delta unless the operator changes it.
"""

from decimal import Decimal
from typing import Any

from forwarder.ocsf.agent.assembly import human, labelled, leftover, merged, provenance
from forwarder.ocsf.agent.coercion import whole
from forwarder.ocsf.agent.filling import MODEL
from forwarder.ocsf.agent.identity import point_uid
from forwarder.ocsf.agent.moments import in_ms, moment_ms
from forwarder.ocsf.agent.naming import is_name
from forwarder.ocsf.agent.origins import Known, known
from forwarder.ocsf.agent.people import Person
from forwarder.ocsf.agent.table import Metric, metrics
from forwarder.ocsf.agent.telemetry import Point
from forwarder.ocsf.core.captions import OTHER
from forwarder.ocsf.core.cleaning import clean_object
from forwarder.ocsf.core.envelope import classification, join, metadata, outcome
from forwarder.privacy import Mode, guarded
from forwarder.records import Event, KeyFields, MappingLevel, Receipt

CLASS_UID = 6003
DELTA = 1
_TEMPORALITIES = {1: "delta", 2: "cumulative"}
_ACTIVITIES = {"tokens": "Usage Report", "count": "Usage Report", "cost": "Cost Report", "": "Metric Report"}
_ANSWERS = {"output": "completion_tokens"}
"""Type of token → where it counts in `message_context`; every other type went in."""


def point_event(point: Point, receipt: Receipt, mode: Mode) -> Event:
    """The event of a data point. Raises `Reject` for one whose time cannot be true."""
    origin = known(point.origin, mode)
    end_ms = moment_ms((in_ms(point.time_ns),), receipt.logged_ms)
    start_ms = moment_ms((in_ms(point.start_ns) or end_ms,), receipt.logged_ms)
    held = guarded({**point.attributes, **_named(point)}, mode)
    rest, content = clean_object(held.kept), held.content
    code = point.metric if is_name(point.metric) else "unknown"
    who, entry, uid = human(rest, origin), metrics().get(code), point_uid(point)
    delta = point.form == "sum" and point.temporality == DELTA and point.value is not None
    figure = entry.figure if entry and delta else "count" if delta else ""
    mapping_level = _knowledge(entry, rest, origin)
    part = metadata(uid, None, code, origin.product, f"{origin.service.log}.metrics")
    provenance(part, rest, origin, who, receipt)
    part["profiles"] = ("ai_operation",)
    labelled(part, receipt, mapping_level)
    event = _frame(part, who, origin, code, start_ms, end_ms)
    model, tokens = _model(event, rest), _context(event, point, rest, figure, origin)
    kept = leftover(rest, who)
    event["unmapped"] = _unmapped(point, kept, content, figure, origin, mode)
    activity = _ACTIVITIES[figure]
    body = join(classification(CLASS_UID, OTHER, activity), end_ms, outcome(1, 1), event)
    key_fields = _pivots(end_ms, receipt, uid, code, who, model, tokens)
    return Event("usage" if delta else "agent", key_fields, body, mapping_level)


def _named(point: Point) -> dict[str, str]:
    """A metric's name that is none, as a field that may be content."""
    return {} if is_name(point.metric) else {"metric.name": point.metric}


def _frame(part: dict[str, Any], who: Person, origin: Known, code: str, start_ms: int, end_ms: int) -> dict[str, Any]:
    event: dict[str, Any] = {
        "metadata": part,
        "actor": who.actor,
        "src_endpoint": origin.endpoint,
        "api": {"operation": code},
        "start_time": start_ms,
        "end_time": end_ms,
    }
    if end_ms >= start_ms:
        event["duration"] = end_ms - start_ms
    if who.observables:
        event["observables"] = who.observables
    return event


def _model(event: dict[str, Any], rest: dict[str, Any]) -> str | None:
    model = rest.get(MODEL)
    if model.__class__ is not str:
        return None
    del rest[MODEL]
    event["ai_model"] = {"name": model, "ai_provider": "Anthropic"}
    return str(model)


def _context(event: dict[str, Any], point: Point, rest: dict[str, Any], figure: str, origin: Known) -> int | None:
    """Tokens, where the figure is some, as the usage report's events have them."""
    context: dict[str, Any] = {"application": origin.application}
    event["message_context"] = context
    tokens = whole(point.value) if figure == "tokens" else None
    if tokens is not None:
        context[_ANSWERS.get(str(rest.get("type")), "prompt_tokens")] = tokens
        context["total_tokens"] = tokens
    return tokens


def _unmapped(
    point: Point, kept: dict[str, Any], content: dict[str, Any], figure: str, origin: Known, mode: Mode
) -> dict[str, Any]:
    told: dict[str, Any] = {"metric": point.metric if is_name(point.metric) else None, "value": _value(point.value)}
    if figure == "cost":
        told |= {"amount": _decimal(point.value), "currency": point.unit}
    else:
        told["unit"] = point.unit
    told |= {"form": point.form, "temporality": _TEMPORALITIES.get(point.temporality), **point.details}
    part = {"cost": "cost", "": "metric"}.get(figure, "usage")
    whole_part = merged(kept, clean_object(guarded(told, mode).kept))
    return {part: whole_part, **origin.left, **({"content": content} if content else {})}


def _value(value: int | float | None) -> int | float | None:
    """A whole number as such: SDKs for JavaScript send all as fractions."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _decimal(value: int | float | None) -> str:
    """Money as text, so that no reader's floating point changes it."""
    return format(Decimal(str(value)), "f")


def _knowledge(entry: Metric | None, rest: dict[str, Any], origin: Known) -> MappingLevel:
    if entry is None or origin.stranger:
        return "fallback"
    return "full" if rest.keys() <= entry.fields else "partial"


def _pivots(
    time_ms: int, receipt: Receipt, uid: str, code: str, who: Person, model: str | None, tokens: int | None
) -> KeyFields:
    return KeyFields(
        time_ms,
        receipt.logged_ms,
        uid,
        code,
        CLASS_UID,
        OTHER,
        who.name,
        who.uid,
        None,
        who.organization,
        None,
        None,
        None,
        model,
        tokens,
        None,
    )
