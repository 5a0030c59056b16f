"""What log records and spans have in common on their way to an event.

Invariants
    Pure and deterministic: the same record and the same receipt give the same bytes.
    Lossless: every attribute value is somewhere in the event, but for content in the modes that keep none.
    Valid: every event validates against OCSF 1.8.0, whatever the client sends.
"""

from typing import Any, NamedTuple

from forwarder.ocsf.agent.coercion import coerced, whole
from forwarder.ocsf.agent.filling import FILLINGS, Filled, take
from forwarder.ocsf.agent.origins import Known
from forwarder.ocsf.agent.people import PLACED, TELLING, Person, agency, person
from forwarder.ocsf.agent.plan import AgentPlan, chosen
from forwarder.ocsf.core.captions import observable
from forwarder.ocsf.core.cleaning import clean
from forwarder.ocsf.core.envelope import join, loggers, metadata
from forwarder.records import Event, KeyFields, MappingLevel, Receipt


class Draft(NamedTuple):
    """A record on its way: what it is, and its attributes without content."""

    uid: str
    code: str
    log_name: str
    time_ms: int
    plan: AgentPlan
    attributes: dict[str, Any]
    """May be changed."""
    content: dict[str, Any]
    trace: dict[str, Any] | None
    left: dict[str, Any]
    """What has no attribute and is no attribute of the client's, for `unmapped`."""
    failed: bool = False


def assembled(draft: Draft, known: Known, receipt: Receipt) -> Event:
    """The event of a draft. Raises `orjson.JSONEncodeError` for values that need cleaning first."""
    rest = coerced(draft.attributes)
    plan, who = chosen(draft.plan, rest), human(rest, known)
    mapping_level = _knowledge(plan, rest, known)
    result = plan.failure if draft.failed or (plan.fails and rest.get(plan.fails) is False) else plan.result
    part = metadata(draft.uid, None, draft.code, known.product, draft.log_name)
    provenance(part, rest, known, who, receipt)
    event: dict[str, Any] = {}
    _described(plan, event, rest)
    event["metadata"] = part
    event["actor"] = who.actor
    filled = FILLINGS[plan.short](plan, event, rest, known, who)
    left = dict(draft.left)
    _traced(plan, draft.trace, event, left)
    _profiled(plan, event, part)
    labelled(part, receipt, mapping_level)
    if seen := _observables(who, filled):
        event["observables"] = seen
    if unmapped := _unmapped(plan, rest, known, who, draft.content, left):
        event["unmapped"] = unmapped
    body = join(plan.opening, draft.time_ms, result, event)
    return Event("agent", _pivots(draft, receipt, plan, who, filled), body, mapping_level)


def _observables(who: Person, filled: Filled) -> list[Any]:
    seen: list[Any] = [*who.observables]
    if filled.object_uid:
        seen.append(observable(filled.pointer, "Resource UID", filled.object_uid))
    return seen


def _pivots(draft: Draft, receipt: Receipt, plan: AgentPlan, who: Person, filled: Filled) -> KeyFields:
    return KeyFields(
        draft.time_ms,
        receipt.logged_ms,
        draft.uid,
        draft.code,
        plan.class_uid,
        plan.activity_id,
        who.name,
        who.uid,
        None,
        who.organization,
        None,
        filled.object_uid,
        filled.object_type,
        filled.model,
        filled.tokens,
        None,
    )


def human(rest: dict[str, Any], known: Known) -> Person:
    """Whose record it is; what the attributes say goes before what the resource says."""
    told = known.telling
    given = [value if (value := rest.get(name)).__class__ is str and value else told.get(name) for name in TELLING]
    account, account_uuid, email, organization, session, terminal, install, enduser = given
    return person(
        known.app_uid,
        known.app_name,
        account,
        account_uuid,
        email,
        organization,
        session,
        terminal,
        install,
        enduser,
    )


def provenance(part: dict[str, Any], rest: dict[str, Any], known: Known, who: Person, receipt: Receipt) -> None:
    """The second half of `metadata`: when it happened, who wrote and who collected it."""
    part["log_provider"] = known.provider
    if known.log_version:
        part["log_version"] = known.log_version
    part["log_format"] = "OTLP"
    if stamp := take(rest, "event.timestamp"):
        part["original_time"] = stamp
    if (sequence := whole(rest.get("event.sequence"))) is not None:
        part["sequence"] = sequence
        del rest["event.sequence"]
    part["logged_time"] = receipt.logged_ms
    if who.organization:
        part["tenant_uid"] = who.organization
    if who.session:
        part["correlation_uid"] = who.session
    part["reporter"] = known.reporter
    part["loggers"] = loggers(receipt.logged_ms, receipt.instance)


def labelled(part: dict[str, Any], receipt: Receipt, mapping_level: MappingLevel) -> None:
    """What `metadata` says of the mapping itself."""
    told = receipt.labels if mapping_level == "full" else (f"mapping:{mapping_level}", *receipt.labels)
    if told:
        part["labels"] = told


def leftover(rest: dict[str, Any], who: Person) -> dict[str, Any]:
    """The attributes that found no place, without nulls and empty texts."""
    for name in PLACED:
        if rest.get(name).__class__ is str:
            del rest[name]
    if who.by_install:
        rest.pop("user.id", None)
    kept: dict[str, Any] = {}
    for name, value in rest.items():
        kind = value.__class__
        if kind is str:
            if value:
                kept[name] = value
        elif kind is int or kind is bool or (value := clean(value)) is not None:
            kept[name] = value
    return kept


def merged(kept: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """Attributes and our own entries together: attributes may be called anything, also what we call ours."""
    for name in sorted(ours.keys() & kept.keys()):
        kept[f"attributes.{name}"] = kept.pop(name)
    return {**kept, **ours}


def _unmapped(
    plan: AgentPlan, rest: dict[str, Any], known: Known, who: Person, content: dict[str, Any], left: dict[str, Any]
) -> dict[str, Any]:
    agency_told = _agency(plan, rest, known, who)
    kept = leftover(rest, who)
    ours = {**left, **known.left, **agency_told}
    if content:
        ours["content"] = content
    return merged(kept, ours)


def _agency(plan: AgentPlan, rest: dict[str, Any], known: Known, who: Person) -> dict[str, Any]:
    if not plan.by_agent or known.stranger:
        return {}
    name = take(rest, "agent.name") or known.app_name
    agent, order = agency(known.app_uid, name, known.version, who.session, take(rest, "prompt.id"), who.uid or who.name)
    return {"ai_agent": agent, "delegation": order} if order else {"ai_agent": agent}


def _knowledge(plan: AgentPlan, rest: dict[str, Any], known: Known) -> MappingLevel:
    if plan.fallback or known.stranger:
        return "fallback"
    return "full" if plan.open or rest.keys() <= plan.fields else "partial"


def _described(plan: AgentPlan, event: dict[str, Any], rest: dict[str, Any]) -> None:
    """Why it ended as it did, and how long it took."""
    for name in plan.detail:
        if detail := take(rest, name):
            event["status_detail"] = detail
            break
    if plan.duration and (lasted := whole(rest.get(plan.duration))) is not None:
        event["duration"] = lasted
        del rest[plan.duration]


def _traced(plan: AgentPlan, trace: dict[str, Any] | None, event: dict[str, Any], left: dict[str, Any]) -> None:
    if trace and plan.class_uid == 6003:
        event["trace"] = trace
    elif trace:
        left["trace"] = trace


def _profiled(plan: AgentPlan, event: dict[str, Any], part: dict[str, Any]) -> None:
    profiles = []
    if "message_context" in event:
        profiles.append("ai_operation")
    if plan.verdict:
        profiles.append("security_control")
    if "trace" in event:
        profiles.append("trace")
    if profiles:
        part["profiles"] = profiles
