"""Changes: one event per difference between two whole lists, with the object before and after.

Nobody saw who changed it: the actor is unknown, and the time is when the second list was read. The Activity Feed says
who and when, if it is collected too.

Invariants
    The uid is made of the object's id, its digests before and after, and the number of the list: to and fro is two
    changes, and whoever compares the same lists finds the same one.
    Every field before and after is in the event: of an entity in its `data`, of others in `unmapped.before` and
    `unmapped.after`; which of them differ is in `unmapped.changed`.
"""

from typing import Any

from forwarder.errors import Reject
from forwarder.identity import event_uid, namespace
from forwarder.ocsf.admin.differences import Difference, told_by
from forwarder.ocsf.admin.envelope import admin_metadata, key_fields, observables
from forwarder.ocsf.admin.fillings import FILLINGS
from forwarder.ocsf.admin.lists import ListKind, list_kind
from forwarder.ocsf.admin.parts import object_id
from forwarder.ocsf.admin.reading import Fields, digest, same, text_at
from forwarder.ocsf.core.actors import NOBODY
from forwarder.ocsf.core.captions import CLASSES, OTHER, SEVERITIES
from forwarder.ocsf.core.envelope import classification, join, outcome
from forwarder.ocsf.core.severity import severity
from forwarder.ocsf.core.values import clean, clean_object, text
from forwarder.records import Event, InventoryChange, Receipt

LABEL = "collection:snapshot"
_SPACE = namespace("change")
_SEVERITY = {caption: number for number, caption in SEVERITIES.items()}
_ACTIVITIES = {uid: {caption: number for number, caption in known.activities.items()} for uid, known in CLASSES.items()}


def change_event(change: InventoryChange, receipt: Receipt) -> Event:
    """The event of one difference. Raises `Reject` for a list that nobody knows and a change of nothing to nothing."""
    kind = list_kind(change.source)
    before, after = _cleaned(change.before), _cleaned(change.fields)
    there = after if after is not None else before
    if there is None:
        raise Reject("no-object", f"a change in list {change.source!r} has no object before and none after")
    rows = list(told_by(change.source, before, after))
    told, filling = rows[0], FILLINGS[rows[0].filling]
    part = _metadata(change, f"{kind.code}.{told.code}", _uid(kind, change, before, after), receipt)
    event = {"metadata": part, "actor": {"user": NOBODY}, **filling.fill(kind, told, before, after)}
    if seen := observables(event):
        event["observables"] = seen
    if unmapped := _unmapped(change, filling.whole, before, after):
        event["unmapped"] = unmapped
    activity_id = _ACTIVITIES[filling.class_uid].get(told.activity, OTHER)
    opening = classification(filling.class_uid, activity_id, told.activity)
    body = join(opening, change.time_ms, _outcome(rows, kind, after), event)
    classified = (filling.class_uid, activity_id)
    object_uid, object_type = filling.acted_on(kind, there)
    user = text_at(there, kind.email)
    told_key_fields = {"user": user, "object_uid": object_uid, "object_type": object_type}
    return Event("activity", key_fields(event, receipt, classified, change.time_ms, **told_key_fields), body)


def _cleaned(fields: Fields | None) -> dict[str, Any] | None:
    return None if fields is None else clean_object(dict(fields))


def _metadata(change: InventoryChange, code: str, uid: str, receipt: Receipt) -> dict[str, Any]:
    labelled = receipt._replace(labels=(LABEL, *receipt.labels))
    return admin_metadata(uid, code, f"admin.{change.source}", clean(change.organization), labelled)


def _uid(kind: ListKind, change: InventoryChange, before: Fields | None, after: Fields | None) -> str:
    was, now = (digest(fields) if fields is not None else "" for fields in (before, after))
    named = object_id(kind, (after if after is not None else before) or {})
    return event_uid(_SPACE, f"{named}/{was}/{now}/{change.number}")


def _outcome(rows: list[Difference], kind: ListKind, after: Fields | None) -> bytes:
    """The most severe of all that is told. An invitation that nobody has answered has not come about yet."""
    severity_id = max(_SEVERITY[severity(row.risk)] for row in rows)
    waiting = kind.waits and after is not None and after.get("status") == "pending"
    return outcome(severity_id, OTHER, "Pending") if waiting else outcome(severity_id, 1)


def _unmapped(change: InventoryChange, whole: bool, before: Fields | None, after: Fields | None) -> dict[str, Any]:
    unmapped: dict[str, Any] = {}
    if changed := _changed(change, before, after):
        unmapped["changed"] = changed
    if not whole:
        unmapped |= {name: fields for name, fields in (("before", before), ("after", after)) if fields}
    return unmapped


def _changed(change: InventoryChange, before: Fields | None, after: Fields | None) -> list[str]:
    """Names of the fields that differ; also one that came or went as null, for then nothing else may differ."""
    if change.before is None or change.fields is None or before is None or after is None:
        return []
    differing = {name for name in before.keys() | after.keys() if not same(before.get(name), after.get(name))}
    differing |= {text(str(name)) for name in change.before.keys() ^ change.fields.keys()}
    return sorted(differing - {""})
