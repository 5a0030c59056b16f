"""Changes: one event per difference between two complete lists, with the object before and after.

The lists do not show who made a change: the actor is unknown, and the time is when the second list was read. The
Activity Feed has both, if it is collected too.

Invariants
    The uid is made of the object's id, its digests before and after, and the number of the list: a change and its
    reversal are two events, and comparing the same lists again gives the same one.
    Every field before and after is in the event: of an entity in its `data`, of others in `unmapped.before` and
    `unmapped.after`; the names of those that differ are in `unmapped.changed`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from forwarder.errors import Reject
from forwarder.ocsf.admin.envelope import admin_key_fields, admin_metadata, observables
from forwarder.ocsf.admin.fields import Fields, digest, same, text_at
from forwarder.ocsf.admin.lists import ListDifference, ListMapping, list_mapping
from forwarder.ocsf.admin.objects import WORKSPACE, entity, group, object_id, user
from forwarder.ocsf.core.actors import NOBODY
from forwarder.ocsf.core.captions import CLASSES, OTHER, SEVERITIES
from forwarder.ocsf.core.envelope import classification, join, outcome
from forwarder.ocsf.core.severity import severity
from forwarder.ocsf.core.values import clean, clean_object, text
from forwarder.records import Event, InventoryChange, Receipt, event_uid, namespace

LABEL = "collection:snapshot"
_SPACE = namespace("change")
_SEVERITY = {caption: number for number, caption in SEVERITIES.items()}
_ACTIVITIES = {uid: {caption: number for number, caption in known.activities.items()} for uid, known in CLASSES.items()}
_TAKING = ("Revoke Privileges", "Remove User")
"""Activities whose privileges are those of before."""


class ObjectChange(NamedTuple):
    """The object of one change, before and after, cleaned; one of both may be missing."""

    mapping: ListMapping
    activity: str
    before: Fields | None
    after: Fields | None

    @property
    def first(self) -> Fields:
        """The object before; a new one after."""
        return self.before if self.before is not None else self.after or {}

    @property
    def last(self) -> Fields:
        """The object after; a vanished one before."""
        return self.after if self.after is not None else self.before or {}

    def privileges(self) -> list[str]:
        """The role that is given or taken away."""
        side = self.before if self.activity in _TAKING else self.after
        role = text_at(side or {}, self.mapping.role)
        return [role] if role else []


class ChangeClass(NamedTuple):
    """How one OCSF class is filled from a change."""

    class_uid: int
    attributes: Callable[[ObjectChange], dict[str, Any]]
    acted_on: Callable[[ObjectChange], tuple[str | None, str]]
    """The key fields `object_uid` and `object_type`."""
    holds_objects: bool = False
    """Whether it holds the whole objects; otherwise they are in `unmapped` too."""


def change_event(change: InventoryChange, receipt: Receipt) -> Event:
    """The event of one difference. Raises `Reject` for an unknown list and for a change without an object."""
    mapping = list_mapping(change.source)
    before, after = _cleaned(change.before), _cleaned(change.fields)
    if before is None and after is None:
        raise Reject("no-object", f"a change in list {change.source!r} has no object before and none after")
    differences = list(mapping.differences_between(before, after))
    first = differences[0]
    filling = CHANGE_CLASSES[first.change_class]
    changed = ObjectChange(mapping, first.activity, before, after)
    metadata = _metadata(change, f"{mapping.code}.{first.code}", _uid(change, changed), receipt)
    event = {"metadata": metadata, "actor": {"user": NOBODY}, **filling.attributes(changed)}
    if found := observables(event):
        event["observables"] = found
    if unmapped := _unmapped(change, changed, filling.holds_objects):
        event["unmapped"] = unmapped
    activity_id = _ACTIVITIES[filling.class_uid].get(first.activity, OTHER)
    opening = classification(filling.class_uid, activity_id, first.activity)
    body = join(opening, change.time_ms, _outcome(differences, changed), event)
    object_uid, object_type = filling.acted_on(changed)
    indexed = admin_key_fields(
        event,
        receipt,
        (filling.class_uid, activity_id),
        change.time_ms,
        user=text_at(changed.last, mapping.email),
        object_uid=object_uid,
        object_type=object_type,
    )
    return Event("activity", indexed, body)


def _cleaned(fields: Fields | None) -> dict[str, Any] | None:
    return None if fields is None else clean_object(dict(fields))


def _metadata(change: InventoryChange, code: str, uid: str, receipt: Receipt) -> dict[str, Any]:
    labeled = receipt._replace(labels=(LABEL, *receipt.labels))
    return admin_metadata(uid, code, f"admin.{change.source}", clean(change.organization), labeled)


def _uid(change: InventoryChange, changed: ObjectChange) -> str:
    sides = (digest(fields) if fields is not None else "" for fields in (changed.before, changed.after))
    return event_uid(_SPACE, "/".join((object_id(changed.mapping, changed.last), *sides, str(change.number))))


def _outcome(differences: list[ListDifference], changed: ObjectChange) -> bytes:
    """The highest severity of all differences. An unanswered invite is pending."""
    severity_id = max(_SEVERITY[severity(row.risk)] for row in differences)
    after = changed.after
    pending = changed.mapping.may_be_pending and after is not None and after.get("status") == "pending"
    return outcome(severity_id, OTHER, "Pending") if pending else outcome(severity_id, 1)


def _unmapped(change: InventoryChange, changed: ObjectChange, holds_objects: bool) -> dict[str, Any]:
    unmapped: dict[str, Any] = {}
    if names := _changed_names(change, changed.before, changed.after):
        unmapped["changed"] = names
    if not holds_objects:
        sides = (("before", changed.before), ("after", changed.after))
        unmapped |= {name: fields for name, fields in sides if fields}
    return unmapped


def _changed_names(change: InventoryChange, before: Fields | None, after: Fields | None) -> list[str]:
    """Names of the fields that differ; also of one added or removed as null, since nothing else may differ then."""
    if change.before is None or change.fields is None or before is None or after is None:
        return []
    differing = {name for name in before.keys() | after.keys() if not same(before.get(name), after.get(name))}
    differing |= {text(str(name)) for name in change.before.keys() ^ change.fields.keys()}
    return sorted(differing - {""})


def _entity(changed: ObjectChange) -> dict[str, Any]:
    """3004: `entity` before, `entity_result` after. The attribute is required, so a new object stands in `entity`."""
    part: dict[str, Any] = {"entity": entity(changed.mapping, changed.first)}
    if changed.before is not None and changed.after is not None:
        part["entity_result"] = entity(changed.mapping, changed.after)
    return part


def _account(changed: ObjectChange) -> dict[str, Any]:
    """3001: `user` before, `user_result` after."""
    part: dict[str, Any] = {"user": user(changed.mapping, changed.first)[0]}
    if changed.before is not None and changed.after is not None:
        part["user_result"] = user(changed.mapping, changed.after)[0]
    return part


def _access(changed: ObjectChange) -> dict[str, Any]:
    """3005: the user as of now, and the role given or taken away."""
    return {"user": user(changed.mapping, changed.last)[0], "privileges": changed.privileges()}


def _group(changed: ObjectChange) -> dict[str, Any]:
    """3006: the workspace, its present or former member, and the role given or taken away."""
    member = {name: value for name, value in user(changed.mapping, changed.last)[0].items() if name != "groups"}
    part: dict[str, Any] = {"group": group(changed.mapping, changed.last), "user": member}
    if privileges := changed.privileges():
        part["privileges"] = privileges
    return part


def _the_object(changed: ObjectChange) -> tuple[str | None, str]:
    return text_at(changed.last, ("id",)), changed.mapping.caption


def _the_workspace(changed: ObjectChange) -> tuple[str | None, str]:
    return text_at(changed.last, changed.mapping.group), WORKSPACE


CHANGE_CLASSES: Mapping[str, ChangeClass] = MappingProxyType(
    {
        "account": ChangeClass(3001, _account, _the_object),
        "entity": ChangeClass(3004, _entity, _the_object, holds_objects=True),
        "access": ChangeClass(3005, _access, _the_object),
        "group": ChangeClass(3006, _group, _the_workspace),
    }
)
"""The short name of a class in `list_mappings` → how it is filled; the names are those of the activities' table."""
