"""What the catalogue says of one activity type, ready to be carried out: a `Plan`.

A plan is data. `classes` fills each OCSF class from it, `catalogue` compiles it from the table, `fallback`
makes one for a type that the table does not hold.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from forwarder.ocsf.actors import Actor


class Change(NamedTuple):
    """One setting and the fields that hold it before and after; either name may be empty."""

    setting: str
    before: str
    after: str


class Built(NamedTuple):
    """What a class builder says beside the attributes it set."""

    object_uid: str | None
    user: str | None = None
    """E-mail address or name of the user acted on."""
    failed: bool = False
    """The record itself says that it failed, whatever the plan expects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How records of one activity type become events."""

    code: str
    class_uid: int
    activity_id: int
    activity: str
    severity: str
    status: str
    opening: bytes
    """The event's constant beginning, up to the time."""
    result: bytes
    """Severity and status, as they follow the time."""
    failure: bytes
    """Severity and status of a record that says itself that it failed."""
    build: "Builder"
    profiles: tuple[str, ...] = ()
    pointer: str = ""
    """Path of the object's uid in the event, for `observables`."""
    kind: str = ""
    """What was acted on, such as `API Key`: the pivot `object_type`."""
    called: str = ""
    """Its name where the record gives neither uid nor name."""
    uid: tuple[str, ...] = ()
    """Fields that identify it; the first that is there is taken. So for the next ones."""
    name: tuple[str, ...] = ()
    user_uid: tuple[str, ...] = ()
    user_email: tuple[str, ...] = ()
    privileges: tuple[str, ...] = ()
    """Fields that hold a role or permission given or taken; all that are there are taken."""
    granted: tuple[str, ...] = ()
    """Privileges that the type itself means."""
    data: tuple[str, ...] = ()
    """Fields that describe the object."""
    changes: tuple[Change, ...] = ()
    updates: frozenset[str] | None = None
    """Settings that may stand in `updates[]`; `None`: the type has no such array."""
    protocol: str = ""
    """Authentication protocol."""
    detail: tuple[str, ...] = ()
    """Fields that say why: `status_detail`."""
    correlation: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    """Every field of the type."""
    mapped: frozenset[str] = frozenset()
    """Those of `known` that fit their attribute only as text."""
    enums: tuple[tuple[tuple[str, ...], frozenset[Any]], ...] = ()
    """Paths of fields and the values documented for them."""
    switch: str = ""
    """Field whose value chooses among `variants`."""
    setting: str = ""
    """Or the setting in `updates[]` whose new value chooses."""
    variants: Mapping[Any, "Plan"] = field(default_factory=dict)
    fallback: bool = False


Builder = Callable[[Plan, dict[str, Any], dict[str, Any], Actor], Built]
"""Fills an event's class attributes (second argument) from what is left of the record (third), taking it away."""
