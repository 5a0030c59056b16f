"""What the tables hold of one event or span, compiled (`AgentPlan`), and a record ready for it (`Draft`). Data only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from forwarder.ocsf.agent.origins import KnownOrigin, TelemetryActor
from forwarder.ocsf.core.envelope import ClassResult
from forwarder.ocsf.core.values import RecordTime

POSITIVE = "POSITIVE"
"""In the table: any whole number above 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPlan:
    """How records of one name become events."""

    class_uid: int
    build: "AgentBuilder"
    pointer: str
    """Path of the object's uid in the event."""
    activity_id: int
    opening: bytes
    """The event's constant beginning, up to the time."""
    result: bytes
    """Severity and status, as they follow the time."""
    failure: bytes
    """The same for a record that itself reports a failure."""
    operation: str = ""
    named_by: str = ""
    """Field whose text completes `operation`."""
    role: Mapping[str, Any] = field(default_factory=dict)
    """`ai_role_id` and `ai_role`."""
    by_agent: bool = True
    """Whether the agent acted on the human's behalf."""
    kind: str = ""
    """Type of the object acted on; then the fields of its uid and name, its default name, the field of its version."""
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
    """Action and disposition, if any."""
    cases: tuple[tuple[str, "Mapping[str, AgentPlan]"], ...] = ()
    fields: frozenset[str] = frozenset()
    """Its documented fields and those that every event has."""
    open: bool = False
    """Fields of any name are expected."""
    fallback: bool = False


AgentBuilder = Callable[[AgentPlan, dict[str, Any], dict[str, Any], KnownOrigin, TelemetryActor], ClassResult]
"""Sets an event's class attributes (second argument) from the remaining attributes (third) and takes them out."""


class Draft(NamedTuple):
    """A log record or span with its identity, time and plan, its attributes free of content."""

    uid: str
    code: str
    signal: str
    """`events` or `spans`."""
    time: RecordTime
    """The event's time is its start."""
    plan: AgentPlan
    attributes: dict[str, Any]
    """May be changed."""
    content: dict[str, Any]
    """Length and hash of the attributes that were content."""
    trace: dict[str, Any] | None
    unmapped: dict[str, Any]
    """Fields of the record, beside its attributes, that have no attribute in OCSF."""
    failed: bool = False
