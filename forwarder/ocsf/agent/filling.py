"""The OCSF classes of telemetry: how each is filled from a plan, taking what it uses out of the attributes.

What does not fit an attribute stays and lands in `unmapped`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from forwarder.ocsf.agent.coercion import whole
from forwarder.ocsf.agent.origins import Known
from forwarder.ocsf.agent.people import Person
from forwarder.ocsf.agent.plan import AgentPlan
from forwarder.ocsf.core.captions import AUTH_PROTOCOLS, ENTITY_TYPES, OTHER
from forwarder.ocsf.core.cleaning import clean

_LARGEST = 2**63 - 1
MODEL = "model"


class Filled(NamedTuple):
    """What a class says beside the attributes it set."""

    object_uid: str | None = None
    object_type: str | None = None
    """None where the event names nothing that was acted on."""
    pointer: str = ""
    """Where the object's uid stands in the event."""
    model: str | None = None
    tokens: int | None = None


Filling = Callable[[AgentPlan, dict[str, Any], dict[str, Any], Known, Person], Filled]
"""Fills the event (second) from what is left of the attributes (third), taking it away."""


def take(rest: dict[str, Any], name: str) -> str | None:
    """A text taken out of `rest`; what is no text stays, and an empty one is none."""
    value = rest.get(name)
    if value.__class__ is not str or not value:
        return None
    del rest[name]
    return str(value)


def api(plan: AgentPlan, event: dict[str, Any], rest: dict[str, Any], known: Known, person: Person) -> Filled:
    """6003: a request to a model, a message, a tool call, a decision on one."""
    event["src_endpoint"] = known.endpoint
    operation = plan.operation + (_text(rest, plan.named_by) or "unknown") if plan.named_by else plan.operation
    call: dict[str, Any] = {"operation": operation}
    event["api"] = call
    if uid := take(rest, "request_id"):
        call["request"] = {"uid": uid}
    if code := whole(rest.get("status_code")):
        event["status_code"] = str(rest.pop("status_code"))
        if 100 <= code < 600:
            event["http_response"] = {"code": code}
    model = take(rest, MODEL)
    if model:
        event["ai_model"] = {"name": model, "ai_provider": "Anthropic"}
    context, tokens = _context(plan, rest, known, person)
    event["message_context"] = context
    if plan.verdict:
        event.update(plan.verdict)
        _authorization(plan, event, rest)
    uid, name = take(rest, plan.uid), take(rest, plan.name)
    kind = plan.kind if uid or name else None
    if kind is not None:
        event["resources"] = [_thing(uid, name, kind)]
    return Filled(uid, kind or None, "resources[].uid", model, tokens)


def authentication(
    plan: AgentPlan, event: dict[str, Any], rest: dict[str, Any], known: Known, person: Person
) -> Filled:
    """3002: `user` is who signs in, which is the actor itself."""
    event["src_endpoint"] = known.endpoint
    event["user"] = person.user
    event["service"] = known.application
    if person.session:
        event["session"] = {"uid": person.session}
    if rest.get("auth_method") == "oauth":
        event["auth_protocol"], event["auth_protocol_id"] = "OAUTH 2.0", AUTH_PROTOCOLS["OAUTH 2.0"]
    if whole(rest.get("status_code")):
        event["status_code"] = str(rest.pop("status_code"))
    return Filled()


def entity(plan: AgentPlan, event: dict[str, Any], rest: dict[str, Any], known: Known, person: Person) -> Filled:
    """3004: what the agent may do and use: its permission mode, plugins, hooks, MCP servers."""
    event["src_endpoint"] = known.endpoint
    uid, name = take(rest, plan.uid), take(rest, plan.name)
    entry = _thing(uid, name or ("" if uid else plan.called), plan.kind)
    entry["type_id"] = ENTITY_TYPES.get(plan.kind, OTHER)
    if version := take(rest, plan.version):
        entry["version"] = version
    found = ((field, clean(rest.pop(field, None))) for field in plan.data)
    if data := {field: value for field, value in found if value is not None}:
        entry["data"] = data
    event["entity"] = entry
    if after := take(rest, plan.after):
        event["entity_result"] = {**entry, "data": {"setting": after}}
    if before := take(rest, plan.before):
        entry["data"] = {"setting": before}
    return Filled(uid, plan.kind or None, "entity.uid")


FILLINGS: dict[str, Filling] = {"api": api, "authentication": authentication, "entity": entity}


def _thing(uid: str | None, name: str | None, kind: str) -> dict[str, Any]:
    held = {"uid": uid, "name": name, "type": kind}
    return {key: value for key, value in held.items() if value}


def _text(rest: dict[str, Any], name: str) -> str:
    value = rest.get(name)
    return value if value.__class__ is str else ""


def _context(plan: AgentPlan, rest: dict[str, Any], known: Known, person: Person) -> tuple[dict[str, Any], int | None]:
    """Whose message it is and what it took: prompt tokens are all that went in, cached or not."""
    context: dict[str, Any] = {"application": known.application}
    if person.session:
        context["uid"] = person.session
    context.update(plan.role)
    tokens = None
    if plan.prompt or plan.total:
        prompt, completion = _sum(rest, plan.prompt), _sum(rest, plan.completion)
        told = {"prompt_tokens": prompt, "completion_tokens": completion}
        context.update({name: figure for name, figure in told.items() if figure is not None})
        tokens = _sum(rest, plan.total + plan.prompt + plan.completion)
        if tokens is not None:
            context["total_tokens"] = tokens
    return context, tokens


def _sum(rest: dict[str, Any], names: tuple[str, ...]) -> int | None:
    """The sum of the figures that are there; `None` where none is."""
    figures = [figure for name in names if (figure := whole(rest.get(name))) is not None]
    return min(sum(figures), _LARGEST) if figures else None


def _authorization(plan: AgentPlan, event: dict[str, Any], rest: dict[str, Any]) -> None:
    told: dict[str, Any] = {}
    if decision := take(rest, plan.decision):
        told["decision"] = decision
    if policy := take(rest, plan.policy):
        told["policy"] = {"name": policy}
    if told:
        event["authorizations"] = [told]
