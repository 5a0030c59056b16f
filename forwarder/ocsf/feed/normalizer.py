"""One activity in, one OCSF 1.8.0 event out.

Invariants
    Pure and deterministic: the same record and the same receipt give the same bytes.
    Total: any JSON object gives an event, never an exception.
    Lossless: every source field value is somewhere in the event. Nulls and empty strings are left out, lone
    surrogates replaced; integers beyond 64 bits and non-finite floats become strings.
    Valid: every event validates against OCSF 1.8.0.
    The human and the assistant never share a row: `actor.user` is the human or the key.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson

from forwarder.ocsf.core.actors import Actor, read_actor
from forwarder.ocsf.core.envelope import (
    ANTHROPIC,
    ClassResult,
    EventLog,
    fragment,
    join,
    key_fields,
    labels,
    metadata,
    observable,
)
from forwarder.ocsf.core.values import clean, clean_object, first_text, milliseconds, take_text
from forwarder.ocsf.feed.catalogue import plans
from forwarder.ocsf.feed.fallback import fallback
from forwarder.ocsf.feed.plan import ActivityPlan, LiftedField, PlanChoice
from forwarder.records import Event, KeyFields, MappingLevel, Receipt, Record

PRODUCT = fragment({"vendor_name": "Anthropic", "name": "Compliance API"})
LOG_NAMES = {"activities": "compliance.activities"}
ANY = "*"
"""In the table: whatever the value is."""
_TRUTH = {"true": True, "false": False}
_USER, _RESOURCE = "User Object: uid", "Resource UID"
_OBSERVABLE_TYPES = {"user.uid": _USER, "group.uid": "Group Object: uid"}


def activity_event(record: Record, receipt: Receipt) -> Event:
    """The event of one activity. Never raises for anything that JSON can hold."""
    try:
        return _event(record, receipt, record.fields)
    except orjson.JSONEncodeError:
        # Few records hold a lone surrogate or an integer beyond 64 bits: clean all of it and try once more.
        return _event(record, receipt, clean_object(dict(record.fields)))


def _event(record: Record, receipt: Receipt, fields: Mapping[str, Any]) -> Event:
    rest = dict(fields)  # each step takes out the fields that get an attribute; the others become unmapped
    code = take_text(rest, "type") or "unknown"
    plan = _plan(code, rest)
    actor = read_actor(rest.pop("actor", None))
    organization = take_text(rest, "organization_uuid")
    part = metadata(
        record.uid,
        code,
        _log(record.source),
        receipt,
        original_uid=take_text(rest, "id"),
        original_time=take_text(rest, "created_at"),
        organization=organization,
    )
    event = _opening(plan, fields, part, actor)
    if plan.lifted:
        _lift(plan, rest)
    result = plan.build(plan, event, rest, actor)
    unmapped, expected = _unmapped(rest, plan)
    mapping_level = _mapping_level(plan, fields, actor, expected)
    if labeled := labels(plan.labels, mapping_level, receipt):
        part["labels"] = labeled
    if seen := _observables(actor, plan.pointer, result):
        event["observables"] = seen
    if actor.unmapped is not None:
        unmapped["actor"] = actor.unmapped
    if unmapped:
        event["unmapped"] = unmapped
    body = join(plan.opening, record.time_ms, plan.failure if result.failed else plan.result, event)
    indexed = _key_fields(record, receipt, code, plan, actor, result, organization)
    return Event("activity", indexed, body, mapping_level)


def _opening(plan: ActivityPlan, fields: Mapping[str, Any], part: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """The event up to the attributes of its class, with all of `metadata` but the labels."""
    event: dict[str, Any] = {}
    if plan.detail and (detail := first_text(fields, plan.detail)):
        event["status_detail"] = detail
    if plan.start and (start_ms := milliseconds(first_text(fields, plan.start))):
        event["start_time"] = start_ms
    if plan.correlation and (correlation := first_text(fields, plan.correlation)):
        part["correlation_uid"] = correlation
    if plan.profiles:
        part["profiles"] = plan.profiles
    event["metadata"] = part
    event["actor"] = actor.encoded
    if actor.endpoint is not None:
        event["src_endpoint"] = actor.endpoint
    if actor.request is not None:
        event["http_request"] = actor.request
    return event


@lru_cache(maxsize=64)
def _log(source: str) -> EventLog:
    return EventLog(PRODUCT, LOG_NAMES.get(source, source), "Anthropic", "JSON", ANTHROPIC)


def _plan(code: str, rest: dict[str, Any]) -> ActivityPlan:
    plan = plans().get(code)
    if plan is None:
        return fallback(code)
    return _selected(plan, rest) if plan.choices else plan


def _selected(plan: ActivityPlan, rest: dict[str, Any]) -> ActivityPlan:
    """The plan that the record's values select: the most severe of several, the first of equals; else `plan`."""
    values = ((choice, value) for choice in plan.choices for value in _values(choice, rest))
    selected = [other for choice, value in values if (other := choice.plans.get(value) or choice.plans.get(ANY))]
    return max(selected, key=lambda other: other.severity_id, default=plan)


def _values(choice: PlanChoice, rest: dict[str, Any]) -> Iterator[str | bool]:
    held = rest.get(choice.field)
    for item in held if held.__class__ is list else (held,):
        value = _inner_value(choice, item) if choice.inner else item
        if value.__class__ is bool or value.__class__ is str:
            yield value


def _inner_value(place: PlanChoice | LiftedField, item: Any) -> Any:
    if item.__class__ is not dict or (place.setting and item.get("type") != place.setting):
        return None
    value = item.get(place.inner)
    # `updates[]` writes every value as text.
    return _TRUTH.get(value.lower(), value) if place.setting and value.__class__ is str else value


def _lift(plan: ActivityPlan, rest: dict[str, Any]) -> None:
    """Puts values from inside fields beside the fields: moved out of an object, copied out of `updates[]`."""
    for lifted in plan.lifted:
        held = rest.get(lifted.field)
        if held.__class__ is list:
            values = [value for item in held if (value := _inner_value(lifted, item)) is not None]
            if values:
                rest[lifted.path] = values[0]
        elif held.__class__ is dict and lifted.inner in held:
            rest[lifted.path] = held[lifted.inner]
            rest[lifted.field] = {name: item for name, item in held.items() if name != lifted.inner} or None


def _unmapped(rest: dict[str, Any], plan: ActivityPlan) -> tuple[dict[str, Any], bool]:
    """The remaining fields, cleaned, and whether the plan expects each of them in `unmapped`."""
    kept: dict[str, Any] = {}
    expected = True
    for name, value in rest.items():
        if value.__class__ is str:
            if not value:
                continue
        elif (value := clean(value)) is None:
            continue
        elif name in plan.mapped:
            expected = False
        kept[name] = value
        if name not in plan.known:
            expected = False
    return kept, expected


def _mapping_level(plan: ActivityPlan, fields: Mapping[str, Any], actor: Actor, expected: bool) -> MappingLevel:
    if plan.fallback:
        return "fallback"
    if expected and actor.known and (not plan.closed or _documented(fields, plan)):
        return "full"
    return "partial"


def _documented(fields: Mapping[str, Any], plan: ActivityPlan) -> bool:
    """Whether nested objects hold only documented names, and fields with documented values only these."""
    return all(
        name in names
        for path, names in plan.inner
        for inner in _at(fields, path)
        if isinstance(inner, Mapping)
        for name in inner
    ) and all(
        value in values
        for path, values in plan.enums
        for value in _at(fields, path)
        if value.__class__ in (str, bool, int) and value != ""
    )


def _at(fields: Mapping[str, Any], path: tuple[str, ...]) -> list[Any]:
    """Every value at the path, through lists on the way."""
    level: list[Any] = [fields]
    for name in path:
        found = [inner.get(name) for inner in level if isinstance(inner, Mapping)]
        level = [item for value in found for item in (value if value.__class__ is list else [value])]
    return level


def _observables(actor: Actor, pointer: str, result: ClassResult) -> list[Any]:
    """Those of the actor, of the object acted on (at `pointer`) and of the user acted on."""
    seen: list[Any] = [*actor.observables]
    if result.object_uid and pointer:
        seen.append(observable(pointer, _OBSERVABLE_TYPES.get(pointer, _RESOURCE), result.object_uid))
    if user := result.user:
        at = result.user_at
        if (uid := user.get("uid")) and pointer != f"{at}.uid":
            seen.append(observable(f"{at}.uid", _USER, uid))
        if email := user.get("email_addr"):
            seen.append(observable(f"{at}.email_addr", "Email Address", email))
    return seen


def _key_fields(
    record: Record,
    receipt: Receipt,
    code: str,
    plan: ActivityPlan,
    actor: Actor,
    result: ClassResult,
    organization: str | None,
) -> KeyFields:
    return key_fields(
        time_ms=record.time_ms,
        logged_ms=receipt.logged_ms,
        uid=record.uid,
        event_code=code,
        class_uid=plan.class_uid,
        activity_id=plan.activity_id,
        user=actor.name or (result.user["name"] if result.user and "name" in result.user else None),
        actor_uid=actor.uid,
        actor_type=actor.type,
        organization=organization,
        src_ip=actor.ip,
        object_uid=result.object_uid,
        object_type=result.object_type or plan.kind or None,
    )
