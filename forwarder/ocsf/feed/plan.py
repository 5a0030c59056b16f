"""What the catalogue holds of one activity type, compiled: an `ActivityPlan`. Data only.

`catalogue` compiles plans from the table, `fallback` makes one for a type that the table does not hold, `normalizer`
and `classes` make events by them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from forwarder.ocsf.core.actors import Actor
from forwarder.ocsf.core.envelope import ClassResult


class SettingChange(NamedTuple):
    """One setting and the fields that hold it before and after; either name may be empty."""

    setting: str
    before: str
    after: str


class PlanChoice(NamedTuple):
    """A value of the record that selects another plan."""

    field: str
    inner: str
    """Name of the value inside the field; empty where the field itself is the value."""
    setting: str
    """For `updates[]`: the setting whose new value selects."""
    plans: "Mapping[Any, ActivityPlan]"
    """Value → the other plan."""


class LiftedField(NamedTuple):
    """A value inside a field that the plan uses as if it were a field, under the name `path`."""

    path: str
    field: str
    inner: str
    setting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityPlan:
    """How records of one activity type become events."""

    code: str
    means: str
    """What happened, in a sentence."""
    theme: str
    class_uid: int
    activity_id: int
    activity: str
    risk: str
    """Key of `severity.RISKS`; empty for a recorded fact."""
    severity: str
    severity_id: int
    status: str
    opening: bytes
    """The event's constant beginning, up to the time."""
    result: bytes
    """Severity and status, as they follow the time."""
    failure: bytes
    """The same for a record that itself reports a failure."""
    build: "ActivityBuilder"
    profiles: tuple[str, ...] = ()
    pointer: str = ""
    """Path of the object's uid in the event, for its observable."""
    kind: str = ""
    """What was acted on, such as `API Key`: the key field `object_type`."""
    called: str = ""
    """Its name where the record gives neither uid nor name."""
    uid: tuple[str, ...] = ()
    """Fields that identify it; the first that the record holds is taken. The same for the next ones."""
    name: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """Fields that hold its type, where the record does."""
    user_uid: tuple[str, ...] = ()
    user_email: tuple[str, ...] = ()
    user_kind: tuple[str, ...] = ()
    """Fields that hold the type of principal acted on."""
    idp: tuple[str, ...] = ()
    """Fields that name the identity provider."""
    start: tuple[str, ...] = ()
    """Fields that hold the start time, where that is not the time of the record."""
    privileges: tuple[str, ...] = ()
    """Fields that hold a role or permission granted or revoked; all of them are taken."""
    granted: tuple[str, ...] = ()
    """Privileges that the type itself implies."""
    data: tuple[str, ...] = ()
    """Fields that describe the object."""
    changes: tuple[SettingChange, ...] = ()
    has_updates: bool = False
    """Whether the type has an array `updates[]` of settings before and after."""
    protocol: str = ""
    """Authentication protocol."""
    detail: tuple[str, ...] = ()
    """Fields that hold the reason: `status_detail`."""
    correlation: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    """Every field of the type."""
    mapped: frozenset[str] = frozenset()
    """Those of `known` that fit their attribute only as text."""
    enums: tuple[tuple[tuple[str, ...], frozenset[Any]], ...] = ()
    """Paths of fields and the values documented for them."""
    inner: tuple[tuple[tuple[str, ...], frozenset[str]], ...] = ()
    """Paths of nested objects and the names documented in them."""
    closed: bool = False
    """Whether the type documents values or nested names, so that others are `mapping:partial`."""
    lifted: tuple[LiftedField, ...] = ()
    choices: tuple[PlanChoice, ...] = ()
    labels: tuple[str, ...] = ()
    """Labels of every event of the type."""
    fallback: bool = False


ActivityBuilder = Callable[[ActivityPlan, dict[str, Any], dict[str, Any], Actor], ClassResult]
"""Sets an event's class attributes (second argument) from the rest of the record (third) and takes them out of it."""
