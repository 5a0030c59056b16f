"""The tables as written (`*.yaml`), compiled to plans once. Each file says at its top what an entry may hold."""

from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from forwarder.ocsf.agent.plan import AgentPlan
from forwarder.ocsf.core.captions import CLASSES, OTHER, SEVERITIES, STATUSES
from forwarder.ocsf.core.envelope import classification, outcome
from forwarder.ocsf.core.severity import severity
from forwarder.ocsf.core.yaml_tables import read_table

FOLDER = Path(__file__).parent
CLASS_UIDS = {"api": 6003, "authentication": 3002, "entity": 3004}
ROLES = {"User": 1, "Assistant": 2, "Tool": 3, "Agent": 4}
VERDICTS: dict[str, dict[str, Any]] = {
    "Allowed": {"action_id": 1, "action": "Allowed", "disposition_id": 1, "disposition": "Allowed"},
    "Rejected": {"action_id": 2, "action": "Denied", "disposition_id": 25, "disposition": "Rejected"},
    "Blocked": {"action_id": 2, "action": "Denied", "disposition_id": 2, "disposition": "Blocked"},
}
LOW = 2
_SEVERITY_IDS = {caption: number for number, caption in SEVERITIES.items()}
_STATUS_IDS = {caption: number for number, caption in STATUSES.items()}


class Service(NamedTuple):
    """What a `service.name` stands for."""

    name: str
    log: str
    code: str


class Metric(NamedTuple):
    """What a metric counts."""

    about: str
    figure: str
    """`tokens`, `cost` or `count`."""
    fields: frozenset[str]


class Attributes(NamedTuple):
    """What holds for all events."""

    standard: frozenset[str]
    whole: frozenset[str]
    fractional: frozenset[str]
    truth: frozenset[str]
    services: dict[str, Service]


def written(name: str) -> dict[str, Any]:
    """A table as its file holds it."""
    return read_table(FOLDER / f"{name}.yaml")


@cache
def attributes() -> Attributes:
    """Standard attributes, kinds of values and known services."""
    table = written("attributes")
    standard, whole, fractional, truth = (frozenset(table[part]) for part in Attributes._fields[:-1])
    services = {name: Service(**entry) for name, entry in table["services"].items()}
    return Attributes(standard, whole, fractional, truth, services)


@cache
def events() -> dict[str, AgentPlan]:
    """Plans of log records by the event's short name."""
    return {name: compile_plan(name, entry) for name, entry in written("events").items()}


@cache
def metrics() -> dict[str, Metric]:
    """Metrics by name."""
    return {
        name: Metric(entry["about"], entry["figure"], frozenset(entry["fields"]) | attributes().standard)
        for name, entry in written("metrics").items()
    }


@cache
def _spans() -> dict[str, AgentPlan]:
    return {name: compile_plan(name, entry) for name, entry in written("spans").items()}


@lru_cache(maxsize=4096)
def span_plan(name: str) -> AgentPlan:
    """The plan of a span: by its name, by the longest beginning that is known, else the fallback."""
    if plan := _spans().get(name):
        return plan
    beginnings = [known for known in _spans() if known.endswith("*") and name.startswith(known[:-1])]
    return _spans()[max(beginnings, key=len)] if beginnings else fallback(name)


@lru_cache(maxsize=4096)
def fallback(name: str) -> AgentPlan:
    """The plan of what no table knows: API Activity 99 under its own name."""
    taken = CLASSES[6003].activities.values()
    return compile_plan(name, {"about": "", "activity": f"{name} event" if name in taken else name}, fallback=True)


def compile_plan(name: str, entry: dict[str, Any], *, fallback: bool = False) -> AgentPlan:
    """A plan from an entry of a table. Raises `KeyError` for a class, role, risk or disposition that is none."""
    shared = {key: value for key, value in entry.items() if key != "cases"}
    cases = tuple(
        (field, {value: compile_plan(name, {**shared, **case}) for value, case in values.items()})
        for field, values in entry.get("cases", {}).items()
    )
    short = entry.get("class", "api")
    class_uid = CLASS_UIDS[short]
    activity_id = next(
        (n for n, caption in CLASSES[class_uid].activities.items() if caption == entry["activity"]), OTHER
    )
    severity_id = _SEVERITY_IDS[severity(entry.get("risk"))]
    status = entry.get("status", "Success")
    operation, _, rest = entry.get("operation", name).partition("{")
    thing = entry.get("object", {})
    return AgentPlan(
        about=entry["about"],
        short=short,
        class_uid=class_uid,
        activity_id=activity_id,
        opening=classification(class_uid, activity_id, entry["activity"]),
        result=outcome(severity_id, _STATUS_IDS.get(status, OTHER), status),
        failure=outcome(max(severity_id, LOW), _STATUS_IDS["Failure"]),
        operation=operation,
        named_by=rest.removesuffix("}"),
        role={"ai_role_id": ROLES[entry["role"]], "ai_role": entry["role"]} if "role" in entry else {},
        by_agent=not fallback and entry.get("acts") != "person",
        kind=thing.get("type", ""),
        uid=thing.get("uid", ""),
        name=thing.get("name", ""),
        called=thing.get("called", ""),
        version=thing.get("version", ""),
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
        fields=frozenset(entry.get("fields", ())) | attributes().standard,
        open=entry.get("open", "fields" not in entry),
        fallback=fallback,
    )
