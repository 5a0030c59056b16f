"""An object of a list as the parts of OCSF events: a resource, an entity, a user, a group.

Whatever has no attribute stays: of a resource or entity in its `data`, of a user in what `user` gives back.
"""

from typing import Any

from forwarder.ocsf.admin.lists import ListKind
from forwarder.ocsf.admin.reading import Fields, at, moment, text_at
from forwarder.ocsf.core.captions import OTHER, USER_TYPES
from forwarder.ocsf.core.values import is_email

WORKSPACE = "Workspace"
_USER, _ADMIN = 1, 2
_PRINCIPAL_UIDS = ("id", "user_id", "service_account_id")
_PRINCIPALS = {"user": 1, "user_actor": 1, "service_account": 4, "service_account_actor": 4}
"""The words for a principal in both versions of the API → OCSF's type of user."""


def object_id(kind: ListKind, fields: Fields) -> str:
    """What the source calls the object; empty parts where it does not say."""
    return "/".join(text_at(fields, (name,)) or "" for name in kind.identity)


def resource(kind: ListKind, fields: Fields) -> dict[str, Any]:
    """`resource_details`: times stay in `data` as Anthropic writes them."""
    entry, data = _named(kind, fields)
    if owner := _owner(kind, fields):
        entry["owner"] = owner
    created = moment(at(fields, kind.created))
    if created is not None:
        entry["created_time"] = created
    return entry | ({"data": data} if data else {})


def entity(kind: ListKind, fields: Fields) -> dict[str, Any]:
    """`managed_entity`."""
    entry, data = _named(kind, fields)
    entry["type_id"] = OTHER
    if owner := _owner(kind, fields):
        entry["user"] = owner
    return entry | ({"data": data} if data else {})


def user(kind: ListKind, fields: Fields) -> tuple[dict[str, Any], dict[str, Any]]:
    """`user`, and what of the object is not in it. Of an invitation: whoever is invited, who has no id yet."""
    rest = dict(fields)
    uid = _take(rest, kind.uid) if kind.person else None
    email, name, role = _take(rest, kind.email), _take(rest, kind.name), text_at(fields, kind.role)
    called = email or name
    entry: dict[str, Any] = {"uid": uid} if uid else {}
    if called or not uid:
        entry["name"] = called or "unknown"
    if email and is_email(email):
        entry["email_addr"] = email
    if email and name:
        entry["full_name"] = name
    type_id = 4 if uid and uid == fields.get("service_account_id") else _ADMIN if role in kind.admins else _USER
    entry |= {"type": USER_TYPES[type_id], "type_id": type_id}
    if kind.group:
        entry["groups"] = [group(kind, fields) | ({"privileges": [role]} if role else {})]
        for place in (*kind.group, *kind.role):
            if isinstance(rest.get(place), str):
                del rest[place]
    return entry, rest


def group(kind: ListKind, fields: Fields) -> dict[str, Any]:
    """`group`: the workspace that an account belongs to."""
    uid = text_at(fields, kind.group)
    return {"uid": uid, "type": WORKSPACE} if uid else {"name": WORKSPACE, "type": WORKSPACE}


def _named(kind: ListKind, fields: Fields) -> tuple[dict[str, Any], dict[str, Any]]:
    """Id, name and type of a thing, and all else of it."""
    data = dict(fields)
    entry: dict[str, Any] = {}
    for attribute, places in (("uid", kind.uid), ("name", kind.name)):
        if value := _take(data, places):
            entry[attribute] = value
    return (entry or {"name": kind.caption}) | {"type": kind.caption}, data


def _take(rest: dict[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        if isinstance(rest.get(name), str):
            return str(rest.pop(name))
    return None


def _owner(kind: ListKind, fields: Fields) -> dict[str, Any] | None:
    """Whose it is: the principal it acts as, else who made it."""
    for place in kind.owner:
        principal = fields.get(place)
        if isinstance(principal, dict) and (uid := text_at(principal, _PRINCIPAL_UIDS)):
            type_id = _PRINCIPALS.get(text_at(principal, ("type",)) or "", 0)
            return {"uid": uid, "type": USER_TYPES[type_id], "type_id": type_id}
    return None
