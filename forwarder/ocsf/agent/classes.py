"""The OCSF classes of telemetry: how each is built from a plan and the remaining attributes, and what becomes unmapped.

A builder moves every attribute that fits out of `rest`; other attributes stay there and become `unmapped`.
"""

from typing import Any, NamedTuple

from forwarder.ocsf.agent.origins import IN_ACTOR, KnownOrigin, TelemetryActor
from forwarder.ocsf.agent.plan import AgentBuilder, AgentPlan
from forwarder.ocsf.core.captions import AUTH_PROTOCOLS, ENTITY_TYPES, OTHER
from forwarder.ocsf.core.envelope import ClassResult
from forwarder.ocsf.core.values import MAX_LONG, clean, put, take_text, whole


def api(
    plan: AgentPlan, event: dict[str, Any], rest: dict[str, Any], origin: KnownOrigin, actor: TelemetryActor
) -> ClassResult:
    """6003: a request to a model, a message, a tool call, a decision on one."""
    event["src_endpoint"] = origin.endpoint
    operation = plan.operation + (_text(rest, plan.named_by) or "unknown") if plan.named_by else plan.operation
    call: dict[str, Any] = {"operation": operation}
    event["api"] = call
    if uid := take_text(rest, "request_id"):
        call["request"] = {"uid": uid}
    if code := whole(rest.get("status_code")):
        event["status_code"] = str(rest.pop("status_code"))
        if 100 <= code < 600:
            event["http_response"] = {"code": code}
    model = take_model(event, rest)
    context, tokens = _context(plan, rest, origin, actor)
    event["message_context"] = context
    if plan.verdict:
        event.update(plan.verdict)
        _authorization(plan, event, rest)
    uid, name = take_text(rest, plan.uid), take_text(rest, plan.name)
    kind = plan.kind if uid or name else None
    if kind is not None:
        event["resources"] = [_object(uid, name, kind)]
    return ClassResult(uid, kind or None, None, "", model, tokens)


def authentication(
    plan: AgentPlan, event: dict[str, Any], rest: dict[str, Any], origin: KnownOrigin, actor: TelemetryActor
) -> ClassResult:
    """3002: `user` is the actor, who signs in."""
    event["src_endpoint"] = origin.endpoint
    event["user"] = actor.user
    event["service"] = origin.application
    if actor.session:
        event["session"] = {"uid": actor.session}
    if rest.get("auth_method") == "oauth":
        event["auth_protocol"], event["auth_protocol_id"] = "OAUTH 2.0", AUTH_PROTOCOLS["OAUTH 2.0"]
    if whole(rest.get("status_code")):
        event["status_code"] = str(rest.pop("status_code"))
    return ClassResult()


def entity(
    plan: AgentPlan, event: dict[str, Any], rest: dict[str, Any], origin: KnownOrigin, actor: TelemetryActor
) -> ClassResult:
    """3004: the agent's configuration: permission mode, plugins, hooks, MCP servers."""
    event["src_endpoint"] = origin.endpoint
    uid, name = take_text(rest, plan.uid), take_text(rest, plan.name)
    entry = _object(uid, name or ("" if uid else plan.called), plan.kind)
    entry["type_id"] = ENTITY_TYPES.get(plan.kind, OTHER)
    if version := take_text(rest, plan.version):
        entry["version"] = version
    found = ((field, clean(rest.pop(field, None))) for field in plan.data)
    if data := {field: value for field, value in found if value is not None}:
        entry["data"] = data
    event["entity"] = entry
    if after := take_text(rest, plan.after):
        event["entity_result"] = {**entry, "data": {"setting": after}}
    if before := take_text(rest, plan.before):
        entry["data"] = {"setting": before}
    return ClassResult(uid, plan.kind or None)


class AgentClass(NamedTuple):
    """How one OCSF class is built."""

    class_uid: int
    build: AgentBuilder
    pointer: str = ""
    """Path of the object's uid in the event."""


AGENT_CLASSES: dict[str, AgentClass] = {
    "api": AgentClass(6003, api, "resources[].uid"),
    "authentication": AgentClass(3002, authentication),
    "entity": AgentClass(3004, entity, "entity.uid"),
}
"""The tables' short name of a class → how it is built."""


def take_model(event: dict[str, Any], rest: dict[str, Any]) -> str | None:
    """Sets `ai_model` from the attribute `model`, taken out of `rest`."""
    model = take_text(rest, "model")
    if model:
        event["ai_model"] = {"name": model, "ai_provider": "Anthropic"}
    return model


def unmapped_attributes(rest: dict[str, Any], actor: TelemetryActor) -> dict[str, Any]:
    """The remaining attributes without those that have a place in `actor`, nulls and empty texts."""
    for name in IN_ACTOR:
        if rest.get(name).__class__ is str:
            del rest[name]
    if actor.by_install:
        rest.pop("user.id", None)
    kept: dict[str, Any] = {}
    for name, value in rest.items():
        # Texts and numbers that JSON cannot hold stay: the caller cleans the whole record, so that they get attributes.
        kind = value.__class__
        if kind is str:
            if value:
                kept[name] = value
        elif kind is int or kind is bool or (value := clean(value)) is not None:
            kept[name] = value
    return kept


def merged(attributes: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Attributes and the forwarder's own entries. An attribute named like one of these becomes `attributes.NAME`."""
    repeated: dict[str, int] = {}
    for name in sorted(own.keys() & attributes.keys()):
        put(attributes, f"attributes.{name}", attributes.pop(name), repeated)
    return {**attributes, **own}


def _object(uid: str | None, name: str | None, kind: str) -> dict[str, Any]:
    held = {"uid": uid, "name": name, "type": kind}
    return {key: value for key, value in held.items() if value}


def _text(rest: dict[str, Any], name: str) -> str:
    value = rest.get(name)
    return value if value.__class__ is str else ""


def _context(
    plan: AgentPlan, rest: dict[str, Any], origin: KnownOrigin, actor: TelemetryActor
) -> tuple[dict[str, Any], int | None]:
    """Application, session, role and tokens of a message. Prompt tokens include cache reads and writes."""
    context: dict[str, Any] = {"application": origin.application}
    if actor.session:
        context["uid"] = actor.session
    context.update(plan.role)
    tokens = None
    if plan.prompt or plan.total:
        prompt, completion = _sum(rest, plan.prompt), _sum(rest, plan.completion)
        counts = {"prompt_tokens": prompt, "completion_tokens": completion}
        context.update({name: count for name, count in counts.items() if count is not None})
        tokens = _sum(rest, plan.total + plan.prompt + plan.completion)
        if tokens is not None:
            context["total_tokens"] = tokens
    return context, tokens


def _sum(rest: dict[str, Any], names: tuple[str, ...]) -> int | None:
    """The sum of the counts present; `None` where none is."""
    counts = [count for name in names if (count := whole(rest.get(name))) is not None]
    return min(sum(counts), MAX_LONG) if counts else None


def _authorization(plan: AgentPlan, event: dict[str, Any], rest: dict[str, Any]) -> None:
    entry: dict[str, Any] = {}
    if decision := take_text(rest, plan.decision):
        entry["decision"] = decision
    if policy := take_text(rest, plan.policy):
        entry["policy"] = {"name": policy}
    if entry:
        event["authorizations"] = [entry]
