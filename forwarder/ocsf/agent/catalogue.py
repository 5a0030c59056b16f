"""The catalogue of telemetry: the tables `events.yaml`, `spans.yaml`, `metrics.yaml`, compiled to plans once.

Each file lists the keys of its entries at its top.
"""

from functools import cache, lru_cache
from typing import Any, NamedTuple

from forwarder.ocsf.agent.attributes import attribute_types, written
from forwarder.ocsf.agent.classes import AGENT_CLASSES
from forwarder.ocsf.agent.plan import AgentPlan
from forwarder.ocsf.core.captions import CLASSES
from forwarder.ocsf.core.envelope import frame

ROLES = {"User": 1, "Assistant": 2, "Tool": 3, "Agent": 4}
VERDICTS: dict[str, dict[str, Any]] = {
    "Allowed": {"action_id": 1, "action": "Allowed", "disposition_id": 1, "disposition": "Allowed"},
    "Rejected": {"action_id": 2, "action": "Denied", "disposition_id": 25, "disposition": "Rejected"},
    "Blocked": {"action_id": 2, "action": "Denied", "disposition_id": 2, "disposition": "Blocked"},
}


class MetricPlan(NamedTuple):
    """What a metric counts."""

    measure: str
    """`tokens`, `cost` or `count`."""
    fields: frozenset[str]


@cache
def events() -> dict[str, AgentPlan]:
    """Plans of log records by the event's short name."""
    return {name: compile_plan(name, entry) for name, entry in written("events").items()}


@cache
def metrics() -> dict[str, MetricPlan]:
    """Plans of metrics by name."""
    return {
        name: MetricPlan(entry["measure"], frozenset(entry["fields"]) | attribute_types().standard)
        for name, entry in written("metrics").items()
    }


@cache
def _spans() -> dict[str, AgentPlan]:
    return {name: compile_plan(name, entry) for name, entry in written("spans").items()}


@lru_cache(maxsize=4096)
def span_plan(name: str) -> AgentPlan:
    """The plan of a span: by its name, else by the longest known beginning, else the fallback."""
    if plan := _spans().get(name):
        return plan
    beginnings = [known for known in _spans() if known.endswith("*") and name.startswith(known[:-1])]
    return _spans()[max(beginnings, key=len)] if beginnings else fallback(name)


@lru_cache(maxsize=4096)
def fallback(name: str) -> AgentPlan:
    """The plan of an event or span that no table holds: API Activity 99 under its own name."""
    taken = CLASSES[6003].activities.values()
    return compile_plan(name, {"activity": f"{name} event" if name in taken else name}, fallback=True)


def compile_plan(name: str, entry: dict[str, Any], *, fallback: bool = False) -> AgentPlan:
    """A plan from an entry of a table. Raises `KeyError` for an unknown class, role, risk or disposition."""
    shared = {key: value for key, value in entry.items() if key != "cases"}
    cases = tuple(
        (field, {value: compile_plan(name, {**shared, **case}) for value, case in values.items()})
        for field, values in entry.get("cases", {}).items()
    )
    builder = AGENT_CLASSES[entry.get("class", "api")]
    parts = frame(builder.class_uid, entry["activity"], entry.get("risk"), entry.get("status", "Success"))
    operation, _, rest = entry.get("operation", name).partition("{")
    acted_on = entry.get("object", {})
    return AgentPlan(
        class_uid=builder.class_uid,
        build=builder.build,
        pointer=builder.pointer,
        activity_id=parts.activity_id,
        opening=parts.opening,
        result=parts.result,
        failure=parts.failure,
        operation=operation,
        named_by=rest.removesuffix("}"),
        role={"ai_role_id": ROLES[entry["role"]], "ai_role": entry["role"]} if "role" in entry else {},
        by_agent=not fallback and entry.get("acts") != "person",
        kind=acted_on.get("type", ""),
        uid=acted_on.get("uid", ""),
        name=acted_on.get("name", ""),
        called=acted_on.get("called", ""),
        version=acted_on.get("version", ""),
        data=tuple(entry.get("data", ())),
        before=entry.get("before", ""),
        after=entry.get("after", ""),
        fails=entry.get("fails", ""),
        detail=tuple(entry.get("detail", ())),
        duration=entry.get("duration", ""),
        prompt=tuple(entry.get("prompt", ())),
        completion=tuple(entry.get("completion", ())),
        total=tuple(entry.get("total", ())),
        decision=entry.get("decision", ""),
        policy=entry.get("policy", ""),
        verdict=VERDICTS[entry["disposition"]] if "disposition" in entry else {},
        cases=cases,
        fields=frozenset(entry.get("fields", ())) | attribute_types().standard,
        open=entry.get("open", "fields" not in entry),
        fallback=fallback,
    )
