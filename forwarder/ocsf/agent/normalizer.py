"""Records of telemetry in, OCSF 1.8.0 events out, and the reasons for those refused.

Invariants
    Pure and deterministic: the same record and the same receipt give the same bytes.
    Lossless: every attribute value is somewhere in the event, except content in the modes that keep none.
    Valid: every event validates against OCSF 1.8.0, whatever the client sends.
    A documented number or boolean changes its type only where its value stays the same: SDKs and versions of Claude
    Code send them as text or as floats.
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from forwarder.errors import Reject
from forwarder.ocsf.agent.attributes import attribute_types
from forwarder.ocsf.agent.classes import merged, unmapped_attributes
from forwarder.ocsf.agent.logs import log_draft
from forwarder.ocsf.agent.origins import KnownOrigin, TelemetryActor, agency, human, known_origin, origin_metadata
from forwarder.ocsf.agent.plan import POSITIVE, AgentPlan, Draft
from forwarder.ocsf.agent.points import point_event
from forwarder.ocsf.agent.spans import span_draft
from forwarder.ocsf.agent.telemetry import LogRecord, Point, Span, Telemetry
from forwarder.ocsf.core.envelope import ClassResult, join, key_fields, labels, observable
from forwarder.ocsf.core.values import as_whole, clean_object, take_text, whole
from forwarder.privacy import Mode
from forwarder.records import Event, KeyFields, MappingLevel, Receipt

MAX_REASONS = 5
_TRUTH = {"true": True, "false": False}
_API_ACTIVITY = 6003
_DRAFTS: Mapping[type, Callable[[Any, KnownOrigin, Receipt, Mode], Draft]] = MappingProxyType(
    {LogRecord: log_draft, Span: span_draft}
)


class AgentEvents(NamedTuple):
    """The events of some records, and those refused."""

    events: list[Event]
    size: int
    """Bytes of the events."""
    rejected: int
    reasons: tuple[str, ...]
    """Of the first `MAX_REASONS` refused records; free of content."""


def events_of(
    records: Iterable[Telemetry | Reject], receipt: Receipt, mode: Mode, most_bytes: int = sys.maxsize
) -> AgentEvents:
    """An event a record, in order, until they have `most_bytes`; the records behind are not taken.

    A refused record, or one that comes as its refusal, stops none of the others.
    """
    events: list[Event] = []
    rejected: list[str] = []
    size = 0
    for record in records:
        try:
            if isinstance(record, Reject):
                rejected.append(_reason(record))
                continue
            event = _event(record, receipt, mode)
            events.append(event)
            size += len(event.body)
        except Reject as refusal:
            rejected.append(_reason(refusal))
        except Exception as fault:  # A fault in this program must not stop the records behind it.
            rejected.append(f"fault: {type(fault).__name__}")
        if size >= most_bytes:
            break
    return AgentEvents(events, size, len(rejected), tuple(rejected[:MAX_REASONS]))


def _reason(refusal: Reject) -> str:
    return f"{refusal.reason}: {refusal}"


def _event(record: Telemetry, receipt: Receipt, mode: Mode) -> Event:
    origin = known_origin(record.origin, mode)
    if record.__class__ is Point:
        return point_event(record, origin, receipt, mode)
    draft = _DRAFTS[record.__class__]
    try:
        return _assembled(draft(record, origin, receipt, mode), origin, receipt)
    except orjson.JSONEncodeError:
        # Few records hold a lone surrogate or an integer beyond 64 bits: clean all of it and try once more.
        made = draft(record, origin, receipt, mode)
        return _assembled(made._replace(attributes=clean_object(made.attributes)), origin, receipt)


def _assembled(draft: Draft, origin: KnownOrigin, receipt: Receipt) -> Event:
    rest = _typed(draft.attributes)
    plan, actor = _plan(draft.plan, rest), human(rest, origin)
    mapping_level = _mapping_level(plan, rest, origin)
    outcome = plan.failure if draft.failed or (plan.fails and rest.get(plan.fails) is False) else plan.result
    part = origin_metadata(draft.uid, draft.code, draft.signal, rest, origin, actor, receipt, draft.time.original)
    event = _opening(plan, rest, part, actor)
    result = plan.build(plan, event, rest, origin, actor)
    unmapped = dict(draft.unmapped)
    _set_trace(plan, draft.trace, event, unmapped)
    _complete(part, plan, event, labels(draft.time.labels, mapping_level, receipt))
    if seen := _observables(actor, plan.pointer, result):
        event["observables"] = seen
    unmapped.update(origin.unmapped)
    unmapped.update(_agency(plan, rest, origin, actor))
    if draft.content:
        unmapped["content"] = draft.content
    if unmapped := merged(unmapped_attributes(rest, actor), unmapped):
        event["unmapped"] = unmapped
    body = join(plan.opening, draft.time.start_ms, outcome, event)
    return Event("agent", _key_fields(draft, receipt, plan, actor, result), body, mapping_level)


def _typed(attributes: dict[str, Any]) -> dict[str, Any]:
    """The attributes with documented numbers and booleans as such, changed in place."""
    types = attribute_types()
    for name, value in attributes.items():
        if name in types.whole:
            if value.__class__ is not int:
                attributes[name] = as_whole(value)
        elif name in types.truth:
            if value.__class__ is str:
                attributes[name] = _TRUTH.get(value, value)
        elif name in types.fractional and value.__class__ is str:
            attributes[name] = _fraction(value)
    return attributes


def _fraction(value: str) -> Any:
    if len(value) > 24:
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return number if isfinite(number) and repr(number) == value else value


def _plan(plan: AgentPlan, rest: dict[str, Any]) -> AgentPlan:
    """The plan that the record's own values select; `plan` if they select none."""
    for name, plans in plan.cases:
        value: Any = rest.get(name)
        kind = value.__class__
        word = value if kind is str else str(value).lower() if kind is bool else str(value)
        found = plans.get(word) or (plans.get(POSITIVE) if kind is int and value > 0 else None)
        if found:
            return found
    return plan


def _mapping_level(plan: AgentPlan, rest: dict[str, Any], origin: KnownOrigin) -> MappingLevel:
    if plan.fallback or origin.unknown:
        return "fallback"
    if plan.open or rest.keys() <= plan.fields or origin.explains(rest, plan.fields):
        return "full"
    return "partial"


def _opening(plan: AgentPlan, rest: dict[str, Any], part: dict[str, Any], actor: TelemetryActor) -> dict[str, Any]:
    """The event up to the attributes of its class."""
    event: dict[str, Any] = {}
    for name in plan.detail:
        if detail := take_text(rest, name):
            event["status_detail"] = detail
            break
    if plan.duration and (duration := whole(rest.get(plan.duration))) is not None:
        event["duration"] = duration
        del rest[plan.duration]
    event["metadata"] = part
    event["actor"] = actor.encoded
    return event


def _set_trace(plan: AgentPlan, trace: dict[str, Any] | None, event: dict[str, Any], unmapped: dict[str, Any]) -> None:
    """Only API Activity has an attribute for the trace."""
    if trace:
        (event if plan.class_uid == _API_ACTIVITY else unmapped)["trace"] = trace


def _complete(part: dict[str, Any], plan: AgentPlan, event: dict[str, Any], labeled: tuple[str, ...]) -> None:
    """Profiles and labels: the end of `metadata`."""
    profiles = []
    if "message_context" in event:
        profiles.append("ai_operation")
    if plan.verdict:
        profiles.append("security_control")
    if "trace" in event:
        profiles.append("trace")
    if profiles:
        part["profiles"] = profiles
    if labeled:
        part["labels"] = labeled


def _observables(actor: TelemetryActor, pointer: str, result: ClassResult) -> list[Any]:
    """Those of the human and of the object acted on (at `pointer`)."""
    seen: list[Any] = [*actor.observables]
    if result.object_uid:
        seen.append(observable(pointer, "Resource UID", result.object_uid))
    return seen


def _agency(
    plan: AgentPlan, rest: dict[str, Any], origin: KnownOrigin, actor: TelemetryActor
) -> dict[str, orjson.Fragment]:
    if not plan.by_agent or origin.unknown:
        return {}
    name, prompt = take_text(rest, "agent.name") or origin.app_name, take_text(rest, "prompt.id")
    texts = (origin.app_uid, name, origin.version, actor.session, prompt, actor.uid or actor.name)
    derive = agency if origin.cacheable(*texts) else agency.__wrapped__
    found: dict[str, orjson.Fragment] = derive(*texts)
    return found


def _key_fields(
    draft: Draft, receipt: Receipt, plan: AgentPlan, actor: TelemetryActor, result: ClassResult
) -> KeyFields:
    return key_fields(
        time_ms=draft.time.start_ms,
        logged_ms=receipt.logged_ms,
        uid=draft.uid,
        event_code=draft.code,
        class_uid=plan.class_uid,
        activity_id=plan.activity_id,
        user=actor.name,
        actor_uid=actor.uid,
        organization=actor.organization,
        object_uid=result.object_uid,
        object_type=result.object_type,
        model=result.model,
        tokens=result.tokens,
    )
