"""Inventory: one event per object and UTC day, as a whole list of the Admin API shows it.

Keys, workspaces and invitations are resources (5023), people and their memberships users (5003): a membership is a
user with one group, the workspace, and what it may do there. What the API says stands in the resource's `data` or in
`unmapped` under the object's name; what was concluded from it and from other sources in `unmapped.derived`.

Invariant: the uid is made of the object's id, the UTC day and a digest of the object, so that an object which is read
again unchanged is the same event; what was derived is no part of it.
"""

from datetime import date, timedelta
from typing import Any

from forwarder.identity import event_uid, namespace
from forwarder.ocsf.admin.envelope import admin_metadata, key_fields, observables
from forwarder.ocsf.admin.lists import ListKind, list_kind
from forwarder.ocsf.admin.parts import object_id, resource, user
from forwarder.ocsf.admin.reading import Fields, digest, text_at
from forwarder.ocsf.core.envelope import classification, join, outcome
from forwarder.ocsf.core.values import clean, clean_object
from forwarder.records import Event, InventoryRecord, Receipt

RESOURCES, USERS, COLLECT = 5023, 5003, 2
_SPACE = namespace("inventory")
_DAY_MS = 86_400_000


def inventory_event(sighting: InventoryRecord, receipt: Receipt) -> Event:
    """The event of one object. Raises `Reject` for a list that nobody knows, and for nothing else."""
    kind = list_kind(sighting.source)
    fields = clean_object(dict(sighting.fields))
    part = admin_metadata(
        _uid(kind, sighting.time_ms, fields),
        f"{kind.code}.inventory",
        f"admin.{sighting.source}",
        clean(sighting.organization),
        receipt,
    )
    event = {"metadata": part, **_seen(kind, fields)}
    unmapped = event.pop("unmapped")
    if seen := observables(event):
        event["observables"] = seen
    if derived := clean_object(dict(sighting.derived)):
        unmapped["derived"] = derived
    if unmapped:
        event["unmapped"] = unmapped
    class_uid = USERS if kind.person else RESOURCES
    body = join(classification(class_uid, COLLECT), sighting.time_ms, outcome(1, 1), event)
    told = key_fields(
        event,
        receipt,
        (class_uid, COLLECT),
        sighting.time_ms,
        user=text_at(fields, kind.email),
        object_uid=text_at(fields, kind.uid),
        object_type=kind.caption,
    )
    return Event("activity", told, body)


def _seen(kind: ListKind, fields: Fields) -> dict[str, Any]:
    if not kind.person:
        return {"resources": [resource(kind, fields)], "unmapped": {}}
    entry, rest = user(kind, fields)
    return {"user": entry, "unmapped": {kind.code: rest} if rest else {}}


def _uid(kind: ListKind, time_ms: int, fields: Fields) -> str:
    day = date(1970, 1, 1) + timedelta(days=time_ms // _DAY_MS)
    return event_uid(_SPACE, f"{object_id(kind, fields)}/{day.isoformat()}/{digest(fields)}")
