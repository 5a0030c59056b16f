"""What the table says of one event or span, ready to be carried out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

POSITIVE = "POSITIVE"
"""In the table: whatever whole number above 0 the value is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPlan:
    """How records of one name become events."""

    about: str
    short: str
    """`api`, `authentication` or `entity`."""
    class_uid: int
    activity_id: int
    opening: bytes
    """The event's constant beginning, up to the time."""
    result: bytes
    """Severity and status, as they follow the time."""
    failure: bytes
    """The same for a record that says itself that it failed."""
    operation: str = ""
    named_by: str = ""
    """Field that `operation` is completed with."""
    role: Mapping[str, Any] = field(default_factory=dict)
    """`ai_role_id` and `ai_role`."""
    by_agent: bool = True
    """Whether the agent acted, on the human's behalf."""
    kind: str = ""
    """What was acted on; so with the next four: fields that hold it, and its name where there is none."""
    uid: str = ""
    name: str = ""
    called: str = ""
    version: str = ""
    data: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    fails: str = ""
    detail: tuple[str, ...] = ()
    duration: str = ""
    prompt: tuple[str, ...] = ()
    completion: tuple[str, ...] = ()
    total: tuple[str, ...] = ()
    decision: str = ""
    policy: str = ""
    verdict: Mapping[str, Any] = field(default_factory=dict)
    """Action and disposition, where there is one."""
    cases: tuple[tuple[str, "Mapping[str, AgentPlan]"], ...] = ()
    fields: frozenset[str] = frozenset()
    """All that is documented of it, with what every event has."""
    open: bool = False
    """Fields of any name are to be expected."""
    fallback: bool = False


def chosen(plan: AgentPlan, attributes: Mapping[str, Any]) -> AgentPlan:
    """The plan that the record's own values choose; `plan` if they choose none."""
    for name, plans in plan.cases:
        value: Any = attributes.get(name)
        kind = value.__class__
        word = value if kind is str else str(value).lower() if kind is bool else str(value)
        found = plans.get(word) or (plans.get(POSITIVE) if kind is int and value > 0 else None)
        if found:
            return found
    return plan
