"""Data points of metrics (`metrics.yaml`) as events: usage or cost where they are deltas, otherwise metric reports.

A cumulative sum is the total since its client began: added to the other points of its series it would count twice. So
only deltas go to stream `usage`; other points go to stream `agent` as Metric Report.
`metadata.uid` is made of resource, metric, attributes, start and end.
Source: Claude Code, Monitoring, Metrics: the temporality is delta unless the operator changes it.
"""

from decimal import Decimal
from typing import Any

from forwarder.ocsf.agent.catalogue import MetricPlan, metrics
from forwarder.ocsf.agent.classes import merged, take_model, unmapped_attributes
from forwarder.ocsf.agent.origins import KnownOrigin, TelemetryActor, canonical, human, origin_metadata
from forwarder.ocsf.agent.telemetry import Point
from forwarder.ocsf.core.captions import OTHER
from forwarder.ocsf.core.envelope import classification, join, key_fields, labels, outcome
from forwarder.ocsf.core.values import RecordTime, clean_object, interval, nanoseconds_to_ms, whole
from forwarder.privacy import LONGEST, Mode, guarded, is_identifier
from forwarder.records import Event, MappingLevel, Receipt, namespace

CLASS_UID = 6003
DELTA = 1
_NAMESPACE = namespace("otlp.point")
_TEMPORALITIES = {1: "delta", 2: "cumulative"}
_ACTIVITIES = {"tokens": "Usage Report", "count": "Usage Report", "cost": "Cost Report", "": "Metric Report"}
_COMPLETION_TYPES = {"output": "completion_tokens"}
"""Type of token → its count in `message_context`; every other type counts as prompt tokens."""


def point_event(point: Point, origin: KnownOrigin, receipt: Receipt, mode: Mode) -> Event:
    """The event of a data point."""
    start_ms, end_ms = nanoseconds_to_ms(point.start_ns), nanoseconds_to_ms(point.time_ns)
    time = interval(start_ms, end_ms, receipt.logged_ms, by_end=True)
    kept, content = guarded({**point.attributes, **_name_as_attribute(point)}, mode)
    rest = clean_object(kept)
    code = point.metric if _is_name(point.metric) else "unknown"
    plan, actor, uid = metrics().get(code), human(rest, origin), point_uid(point, origin)
    delta = point.form == "sum" and point.temporality == DELTA and point.value is not None
    measure = plan.measure if plan and delta else "count" if delta else ""
    mapping_level = _mapping_level(plan, rest, origin)
    part = origin_metadata(uid, code, "metrics", rest, origin, actor, receipt, time.original)
    part["profiles"] = ("ai_operation",)
    if labeled := labels(time.labels, mapping_level, receipt):
        part["labels"] = labeled
    event = _opening(part, actor, origin, code, time)
    model, tokens = take_model(event, rest), _context(event, point, rest, measure, origin)
    event["unmapped"] = _unmapped(point, unmapped_attributes(rest, actor), content, measure, origin, mode)
    if time.client:
        event["unmapped"]["client_time"] = time.client
    body = join(classification(CLASS_UID, OTHER, _ACTIVITIES[measure]), time.end_ms, outcome(1, 1), event)
    indexed = key_fields(
        time_ms=time.end_ms,
        logged_ms=receipt.logged_ms,
        uid=uid,
        event_code=code,
        class_uid=CLASS_UID,
        activity_id=OTHER,
        user=actor.name,
        actor_uid=actor.uid,
        organization=actor.organization,
        model=model,
        tokens=tokens,
    )
    return Event("usage" if delta else "agent", indexed, body, mapping_level)


def point_uid(point: Point, origin: KnownOrigin) -> str:
    """`metadata.uid` of a data point."""
    parts = (point.metric, point.attributes, point.start_ns, point.time_ns)
    return origin.uid(_NAMESPACE, canonical(parts))


def _is_name(metric: str) -> bool:
    return len(metric) <= LONGEST and is_identifier(metric)


def _name_as_attribute(point: Point) -> dict[str, str]:
    """A metric's name that is no identifier, as an attribute that may be content."""
    return {} if _is_name(point.metric) else {"metric.name": point.metric}


def _opening(
    part: dict[str, Any], actor: TelemetryActor, origin: KnownOrigin, code: str, time: RecordTime
) -> dict[str, Any]:
    start_ms, end_ms = time.start_ms, time.end_ms
    event: dict[str, Any] = {
        "metadata": part,
        "actor": actor.encoded,
        "src_endpoint": origin.endpoint,
        "api": {"operation": code},
        "start_time": start_ms,
        "end_time": end_ms,
    }
    if end_ms >= start_ms:
        event["duration"] = end_ms - start_ms
    if actor.observables:
        event["observables"] = actor.observables
    return event


def _context(
    event: dict[str, Any], point: Point, rest: dict[str, Any], measure: str, origin: KnownOrigin
) -> int | None:
    """Sets `message_context`, with the tokens where the point counts them, as the usage report's events have them."""
    context: dict[str, Any] = {"application": origin.application}
    event["message_context"] = context
    tokens = whole(point.value) if measure == "tokens" else None
    if tokens is not None:
        context[_COMPLETION_TYPES.get(str(rest.get("type")), "prompt_tokens")] = tokens
        context["total_tokens"] = tokens
    return tokens


def _unmapped(
    point: Point, attributes: dict[str, Any], content: dict[str, Any], measure: str, origin: KnownOrigin, mode: Mode
) -> dict[str, Any]:
    own: dict[str, Any] = {"metric": point.metric if _is_name(point.metric) else None}
    own["value"] = _value(point.value)
    if measure == "cost":
        own |= {"amount": _decimal(point.value), "currency": point.unit}
    else:
        own["unit"] = point.unit
    own |= {"form": point.form, "temporality": _TEMPORALITIES.get(point.temporality), **point.details}
    name = {"cost": "cost", "": "metric"}.get(measure, "usage")
    entry = merged(attributes, clean_object(guarded(own, mode).kept))
    return {name: entry, **origin.unmapped, **({"content": content} if content else {})}


def _value(value: int | float | None) -> int | float | None:
    """A whole number as such: SDKs for JavaScript send every number as a float."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _decimal(value: int | float | None) -> str:
    """Money as text, so that no reader's floating point changes it."""
    return format(Decimal(str(value)), "f")


def _mapping_level(plan: MetricPlan | None, rest: dict[str, Any], origin: KnownOrigin) -> MappingLevel:
    if plan is None or origin.unknown:
        return "fallback"
    return "full" if rest.keys() <= plan.fields or origin.explains(rest, plan.fields) else "partial"
