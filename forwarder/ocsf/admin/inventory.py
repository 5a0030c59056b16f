"""Inventory: one event per object and UTC day, as a complete list of the Admin API shows it.

Keys, workspaces and invites are resources (5023), people and their memberships users (5003): a membership is a user
with one group, the workspace, and its role there. Fields without an OCSF attribute are in the resource's `data` or in
`unmapped` under the object's code; facts derived from it and from other sources in `unmapped.derived`.

Invariant: the uid is made of the object's id, the UTC day and a digest of the object, so that an unchanged object that
is read again is the same event; derived facts are no part of it.
"""

from datetime import date, timedelta
from typing import Any

from forwarder.ocsf.admin.envelope import admin_key_fields, admin_metadata, observables
from forwarder.ocsf.admin.fields import Fields, digest, text_at
from forwarder.ocsf.admin.lists import ListMapping, list_mapping
from forwarder.ocsf.admin.objects import object_id, resource, user
from forwarder.ocsf.core.envelope import classification, join, outcome
from forwarder.ocsf.core.values import clean, clean_object
from forwarder.records import Event, InventoryRecord, Receipt, event_uid, namespace

RESOURCES, USERS, COLLECT = 5023, 5003, 2
_SPACE = namespace("inventory")
_DAY_MS = 86_400_000


def inventory_event(record: InventoryRecord, receipt: Receipt) -> Event:
    """The event of one object. Raises `Reject` only for an unknown list."""
    mapping = list_mapping(record.source)
    fields = clean_object(dict(record.fields))
    part = admin_metadata(
        _uid(mapping, record.time_ms, fields),
        f"{mapping.code}.inventory",
        f"admin.{record.source}",
        clean(record.organization),
        receipt,
    )
    event = {"metadata": part, **_attributes(mapping, fields)}
    unmapped = event.pop("unmapped")
    if found := observables(event):
        event["observables"] = found
    if derived := clean_object(dict(record.derived)):
        unmapped["derived"] = derived
    if unmapped:
        event["unmapped"] = unmapped
    class_uid = USERS if mapping.person else RESOURCES
    body = join(classification(class_uid, COLLECT), record.time_ms, outcome(1, 1), event)
    indexed = admin_key_fields(
        event,
        receipt,
        (class_uid, COLLECT),
        record.time_ms,
        user=text_at(fields, mapping.email),
        object_uid=text_at(fields, mapping.uid),
        object_type=mapping.caption,
    )
    return Event("activity", indexed, body)


def _attributes(mapping: ListMapping, fields: Fields) -> dict[str, Any]:
    if not mapping.person:
        return {"resources": [resource(mapping, fields)], "unmapped": {}}
    entry, rest = user(mapping, fields)
    return {"user": entry, "unmapped": {mapping.code: rest} if rest else {}}


def _uid(mapping: ListMapping, time_ms: int, fields: Fields) -> str:
    day = date(1970, 1, 1) + timedelta(days=time_ms // _DAY_MS)
    return event_uid(_SPACE, f"{object_id(mapping, fields)}/{day.isoformat()}/{digest(fields)}")
