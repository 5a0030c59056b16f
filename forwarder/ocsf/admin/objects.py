"""An object of a list as the parts of OCSF events: a resource, an entity, a user, a group.

Fields without an OCSF attribute are kept: of a resource or entity in its `data`, of a user in the rest that `user`
returns.
"""

from typing import Any

from forwarder.ocsf.admin.fields import Fields, at, text_at, timestamp
from forwarder.ocsf.admin.lists import ListMapping
from forwarder.ocsf.core.captions import OTHER, USER_TYPES
from forwarder.ocsf.core.values import is_email

WORKSPACE = "Workspace"
_USER, _ADMIN = 1, 2
_PRINCIPAL_UIDS = ("id", "user_id", "service_account_id")
_PRINCIPALS = {"user": 1, "user_actor": 1, "service_account": 4, "service_account_actor": 4}
"""A principal's type in both versions of the API → OCSF user type."""


def object_id(mapping: ListMapping, fields: Fields) -> str:
    """The fields that identify the object, joined; empty where it lacks one."""
    return "/".join(text_at(fields, (name,)) or "" for name in mapping.identity)


def resource(mapping: ListMapping, fields: Fields) -> dict[str, Any]:
    """`resource_details`; timestamps also stay in `data` as Anthropic writes them."""
    entry, data = _named(mapping, fields)
    if owner := _owner(mapping, fields):
        entry["owner"] = owner
    created = timestamp(at(fields, mapping.created))
    if created is not None:
        entry["created_time"] = created
    return entry | ({"data": data} if data else {})


def entity(mapping: ListMapping, fields: Fields) -> dict[str, Any]:
    """`managed_entity`."""
    entry, data = _named(mapping, fields)
    entry["type_id"] = OTHER
    if owner := _owner(mapping, fields):
        entry["user"] = owner
    return entry | ({"data": data} if data else {})


def user(mapping: ListMapping, fields: Fields) -> tuple[dict[str, Any], dict[str, Any]]:
    """`user`, and the fields that are not in it. Of an invite: the person invited, who has no id yet."""
    rest = dict(fields)
    uid = _take(rest, mapping.uid) if mapping.person else None
    email, name, role = _take(rest, mapping.email), _take(rest, mapping.name), text_at(fields, mapping.role)
    label = email or name
    entry: dict[str, Any] = {"uid": uid} if uid else {}
    if label or not uid:
        entry["name"] = label or "unknown"
    if email and is_email(email):
        entry["email_addr"] = email
    if email and name:
        entry["full_name"] = name
    type_id = 4 if uid and uid == fields.get("service_account_id") else _ADMIN if role in mapping.admin_roles else _USER
    entry |= {"type": USER_TYPES[type_id], "type_id": type_id}
    if mapping.group:
        entry["groups"] = [group(mapping, fields) | ({"privileges": [role]} if role else {})]
        for name_of_field in (*mapping.group, *mapping.role):
            if isinstance(rest.get(name_of_field), str):
                del rest[name_of_field]
    return entry, rest


def group(mapping: ListMapping, fields: Fields) -> dict[str, Any]:
    """`group`: the workspace that an account is a member of."""
    uid = text_at(fields, mapping.group)
    return {"uid": uid, "type": WORKSPACE} if uid else {"name": WORKSPACE, "type": WORKSPACE}


def _named(mapping: ListMapping, fields: Fields) -> tuple[dict[str, Any], dict[str, Any]]:
    """Id, name and type of an object, and its other fields."""
    data = dict(fields)
    entry: dict[str, Any] = {}
    for attribute, names in (("uid", mapping.uid), ("name", mapping.name)):
        if value := _take(data, names):
            entry[attribute] = value
    return (entry or {"name": mapping.caption}) | {"type": mapping.caption}, data


def _take(rest: dict[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        if isinstance(rest.get(name), str):
            return str(rest.pop(name))
    return None


def _owner(mapping: ListMapping, fields: Fields) -> dict[str, Any] | None:
    """The owner: the principal it acts as, else its creator."""
    for name in mapping.owner:
        principal = fields.get(name)
        if isinstance(principal, dict) and (uid := text_at(principal, _PRINCIPAL_UIDS)):
            type_id = _PRINCIPALS.get(text_at(principal, ("type",)) or "", 0)
            return {"uid": uid, "type": USER_TYPES[type_id], "type_id": type_id}
    return None
