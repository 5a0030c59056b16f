"""Inventory: one event per object and UTC day, as the Admin API's lists show it (5023, activity 2 Collect).

Source of the fields: Admin API reference, List API keys. The secret is never in the list, only its hint.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from forwarder.identity import event_uid, namespace
from forwarder.ocsf.captions import USER_TYPES
from forwarder.ocsf.cleaning import clean_object
from forwarder.ocsf.envelope import admin_metadata, classification, join, outcome
from forwarder.ocsf.times import milliseconds
from forwarder.records import Event, Pivots, Receipt

CLASS_UID, COLLECT = 5023, 2
CODE = "api_key.inventory"
KIND = "API Key"
_SPACE = namespace("inventory")
_PERSON = {"user": 1, "service_account": 4}


def api_key_event(key: Mapping[str, Any], day: str, receipt: Receipt, organization: str | None = None) -> Event:
    """The event of one API key seen on `day` (UTC, `YYYY-MM-DD`), at the time it was read.

    Its uid is made of the key's id, the day and a digest of the key: read again unchanged it is the same event.
    """
    fields = clean_object(dict(key))
    digest = hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()
    uid = event_uid(_SPACE, f"{fields.get('id')}/{day}/{digest}")
    resource = _resource(fields)
    event: dict[str, Any] = {"metadata": admin_metadata(uid, CODE, "admin.api_keys", organization, receipt)}
    event["resources"] = [resource]
    object_uid = resource.get("uid")
    if object_uid:
        seen = {"name": "resources[].uid", "type": "Resource UID", "type_id": 10, "value": object_uid}
        event["observables"] = [seen]
    body = join(classification(CLASS_UID, COLLECT), receipt.logged_ms, outcome(1, 1), event)
    return Event("activity", _pivots(uid, object_uid, organization, receipt), body)


def _resource(fields: dict[str, Any]) -> dict[str, Any]:
    """The key as `resource_details`; what has no attribute, and times as Anthropic writes them, in `data`."""
    data = dict(fields)
    resource: dict[str, Any] = {}
    for attribute, name in (("uid", "id"), ("name", "name")):
        if isinstance(data.get(name), str):
            resource[attribute] = data.pop(name)
    if not resource:
        resource["name"] = KIND
    resource["type"] = KIND
    if owner := _owner(data.get("principal")) or _owner(data.get("created_by")):
        resource["owner"] = owner
    created = milliseconds(data.get("created_at"))
    if created is not None:
        resource["created_time"] = created
    resource["data"] = data
    return resource


def _owner(principal: Any) -> dict[str, Any] | None:
    if not isinstance(principal, dict) or not isinstance(principal.get("id"), str):
        return None
    kind = principal.get("type")
    type_id = _PERSON.get(kind, 0) if isinstance(kind, str) else 0
    return {"uid": principal["id"], "type": USER_TYPES[type_id], "type_id": type_id}


def _pivots(uid: str, object_uid: str | None, organization: str | None, receipt: Receipt) -> Pivots:
    return Pivots(
        time_ms=receipt.logged_ms,
        logged_ms=receipt.logged_ms,
        uid=uid,
        event_code=CODE,
        class_uid=CLASS_UID,
        activity_id=COLLECT,
        user=None,
        actor_uid=None,
        actor_type=None,
        organization=organization,
        src_ip=None,
        object_uid=object_uid,
        object_type=KIND,
        model=None,
        tokens=None,
        revision=None,
    )
