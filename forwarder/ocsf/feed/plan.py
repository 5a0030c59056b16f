"""What the catalogue says of one activity type, ready to be carried out: a `Plan`.

A plan is data. `classes` fills each OCSF class from it, `catalogue` compiles it from the table, `fallback`
makes one for a type that the table does not hold.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from forwarder.ocsf.feed.actors import Actor


class Change(NamedTuple):
    """One setting and the fields that hold it before and after; either name may be empty."""

    setting: str
    before: str
    after: str


class Choice(NamedTuple):
    """A value of the record that chooses another plan."""

    field: str
    inner: str
    """What in the field holds the value; empty where the field itself does."""
    setting: str
    """For `updates[]`: the setting whose new value counts."""
    plans: "Mapping[Any, Plan]"
    """The other plan by that value."""


class Lifted(NamedTuple):
    """A value inside a field that the plan uses as if it were a field, under the name `path`."""

    path: str
    field: str
    inner: str
    setting: str


class Built(NamedTuple):
    """What a class builder says beside the attributes it set."""

    object_uid: str | None
    user: dict[str, Any] | None = None
    """The user acted on, if it is not the actor."""
    user_at: str = ""
    """Where that stands in the event."""
    kind: str | None = None
    """What was acted on, where the record says it."""
    failed: bool = False
    """The record itself says that it failed, whatever the plan expects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How records of one activity type become events."""

    code: str
    means: str
    """What happened, in a sentence."""
    theme: str
    class_uid: int
    activity_id: int
    activity: str
    risk: str
    """Why it is more than a recorded fact; empty for most."""
    severity: str
    severity_id: int
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
    kinds: tuple[str, ...] = ()
    """Fields that say what it is, where the record does."""
    user_uid: tuple[str, ...] = ()
    user_email: tuple[str, ...] = ()
    user_kind: tuple[str, ...] = ()
    """Fields that say what kind of principal the user acted on is."""
    idp: tuple[str, ...] = ()
    """Fields that name the identity provider."""
    start: tuple[str, ...] = ()
    """Fields that say when it began, where that is not when it was recorded."""
    privileges: tuple[str, ...] = ()
    """Fields that hold a role or permission given or taken; all that are there are taken."""
    granted: tuple[str, ...] = ()
    """Privileges that the type itself means."""
    data: tuple[str, ...] = ()
    """Fields that describe the object."""
    changes: tuple[Change, ...] = ()
    has_updates: bool = False
    """Whether the type has an array `updates[]` of settings before and after."""
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
    inner: tuple[tuple[tuple[str, ...], frozenset[str]], ...] = ()
    """Paths of nested objects and the names documented in them."""
    closed: bool = False
    """Whether the type documents values or nested names, so that others are noticed."""
    lifted: tuple[Lifted, ...] = ()
    choices: tuple[Choice, ...] = ()
    labels: tuple[str, ...] = ()
    """Labels of every event of the type."""
    fallback: bool = False


Builder = Callable[[Plan, dict[str, Any], dict[str, Any], Actor], Built]
"""Fills an event's class attributes (second argument) from what is left of the record (third), taking it away."""
