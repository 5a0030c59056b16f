"""One record in, one OCSF 1.8.0 event out.

Invariants
    Pure and deterministic: the same record and the same receipt give the same bytes.
    Total: any JSON object gives an event, never an exception.
    Lossless: every source field value is somewhere in the event. Nulls and empty strings are left out, lone
    surrogates replaced; integers beyond 64 bits and non-finite floats become strings.
    Valid: every event validates against OCSF 1.8.0.
    The human and the assistant are never one row: `actor.user` is the human or the key.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from forwarder.ocsf.core.cleaning import clean_object
from forwarder.ocsf.core.envelope import collected, join, metadata
from forwarder.ocsf.core.mapping_level import documented, keep
from forwarder.ocsf.core.observables import observables
from forwarder.ocsf.core.times import milliseconds
from forwarder.ocsf.feed.actors import Actor, read_actor, take_text
from forwarder.ocsf.feed.catalogue import plans
from forwarder.ocsf.feed.choices import chosen, lift
from forwarder.ocsf.feed.fallback import fallback
from forwarder.ocsf.feed.plan import Built, Plan
from forwarder.records import Event, KeyFields, MappingLevel, Receipt, Record

PRODUCT = orjson.Fragment(orjson.dumps({"vendor_name": "Anthropic", "name": "Compliance API"}))
LOG_NAMES = {"activities": "compliance.activities"}


def normalise(record: Record, receipt: Receipt) -> Event:
    """The event of one activity. Never raises for anything that JSON can hold."""
    try:
        return _event(record, receipt, record.fields)
    except orjson.JSONEncodeError:
        # A lone surrogate or an integer beyond 64 bits, which few records hold: clean all of it, once more.
        return _event(record, receipt, clean_object(dict(record.fields)))


def _event(record: Record, receipt: Receipt, fields: Mapping[str, Any]) -> Event:
    rest = dict(fields)  # each step takes out what it gives an attribute; what is left is unmapped
    code = take_text(rest, "type") or "unknown"
    plan = _plan(code, rest)
    actor = read_actor(rest.pop("actor", None))
    part = metadata(record.uid, take_text(rest, "id"), code, PRODUCT, LOG_NAMES.get(record.source, record.source))
    organization = _provenance(part, rest, receipt)
    event = _who_and_where(plan, fields, part, actor)
    if plan.lifted:
        lift(plan, rest)
    built = plan.build(plan, event, rest, actor)
    kept, expected = keep(rest, plan)
    mapping_level = _knowledge(plan, fields, actor, expected)
    _complete(part, plan, fields, receipt.labels, mapping_level)
    if seen := observables(actor, plan.pointer, built):
        event["observables"] = seen
    if actor.unmapped is not None:
        kept["actor"] = actor.unmapped
    if kept:
        event["unmapped"] = kept
    body = join(plan.opening, record.time_ms, plan.failure if built.failed else plan.result, event)
    return Event("activity", _pivots(record, receipt, code, plan, actor, built, organization), body, mapping_level)


def _who_and_where(plan: Plan, fields: Mapping[str, Any], part: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """The event up to its class's own attributes."""
    event: dict[str, Any] = {}
    if plan.detail and (detail := _first(fields, plan.detail)):
        event["status_detail"] = detail
    if plan.start and (start_ms := milliseconds(_first(fields, plan.start))):
        event["start_time"] = start_ms
    event["metadata"] = part
    event["actor"] = actor.encoded
    if actor.endpoint is not None:
        event["src_endpoint"] = actor.endpoint
    if actor.request is not None:
        event["http_request"] = actor.request
    return event


def _plan(code: str, rest: dict[str, Any]) -> Plan:
    plan = plans().get(code)
    if plan is None:
        return fallback(code)
    return chosen(plan, rest) if plan.choices else plan


def _provenance(part: dict[str, Any], rest: dict[str, Any], receipt: Receipt) -> str | None:
    """The second half of `metadata`: when it happened, when and by whom it was collected. The organization."""
    part["log_provider"] = "Anthropic"
    part["log_format"] = "JSON"
    if created := take_text(rest, "created_at"):
        part["original_time"] = created
    part["logged_time"] = receipt.logged_ms
    organization = take_text(rest, "organization_uuid")
    if organization:
        part["tenant_uid"] = organization
    collected(part, receipt)
    return organization


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = fields.get(name)
        if value.__class__ is str and value:
            return str(value)
    return None


def _knowledge(plan: Plan, fields: Mapping[str, Any], actor: Actor, expected: bool) -> MappingLevel:
    if plan.fallback:
        return "fallback"
    if expected and actor.known and (not plan.closed or documented(fields, plan)):
        return "full"
    return "partial"


def _complete(
    part: dict[str, Any],
    plan: Plan,
    fields: Mapping[str, Any],
    labels: tuple[str, ...],
    mapping_level: MappingLevel,
) -> None:
    """What `metadata` says of the mapping itself."""
    if plan.correlation and (correlation := _first(fields, plan.correlation)):
        part["correlation_uid"] = correlation
    if plan.profiles:
        part["profiles"] = plan.profiles
    told = plan.labels if mapping_level == "full" else (*plan.labels, f"mapping:{mapping_level}")
    if told or labels:
        part["labels"] = (*told, *labels) if labels else told


def _pivots(
    record: Record, receipt: Receipt, code: str, plan: Plan, actor: Actor, built: Built, organization: str | None
) -> KeyFields:
    return KeyFields(
        record.time_ms,
        receipt.logged_ms,
        record.uid,
        code,
        plan.class_uid,
        plan.activity_id,
        actor.name or (built.user["name"] if built.user and "name" in built.user else None),
        actor.uid,
        actor.kind,
        organization,
        actor.ip,
        built.object_uid,
        built.kind or plan.kind or None,
        None,
        None,
        None,
    )
