"""The lists: what their objects are called and where each says who or what it is. A table.

Source: Admin API reference, List API keys, users, invites, workspaces, workspace members (2023-06-01); of 2026-10-21
what the Python SDK 2.11.0 shows: an API key's `scope` for `workspace_id`, and principals as `{type, user_id}` or
`{type, service_account_id}`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from forwarder.errors import Reject

ADMINS = frozenset({"admin", "membership_admin", "owner", "primary_owner"})
"""Roles of the organization that give others access."""


class ListKind(NamedTuple):
    """The objects of one list. Fields and paths; the first that holds a text is taken."""

    code: str
    """What event codes begin with, and where in `unmapped` what has no attribute stands."""
    caption: str
    """What an object is: the pivot `object_type`."""
    identity: tuple[str, ...]
    """Fields that together name it."""
    uid: tuple[str, ...] = ("id",)
    name: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    """Objects that name whose it is."""
    created: tuple[str, ...] = ()
    person: bool = False
    """Whether it is an account (5003) and no resource (5023)."""
    email: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    admins: frozenset[str] = ADMINS
    """Values of `role` that make the account an administrator of the organization."""
    group: tuple[str, ...] = ()
    """The workspace that an account belongs to."""
    waits: bool = False
    """Whether it waits for an answer while its status is `pending`."""


LISTS: Mapping[str, ListKind] = MappingProxyType(
    {
        "api_keys": ListKind(
            "api_key", "API Key", ("id",), name=("name",), owner=("principal", "created_by"), created=("created_at",)
        ),
        "users": ListKind("user", "User", ("id",), name=("name",), email=("email",), role=("role",), person=True),
        "invites": ListKind(
            "invite",
            "Invite",
            ("id",),
            name=("email",),
            created=("invited_at",),
            email=("email",),
            role=("role",),
            waits=True,
        ),
        "workspaces": ListKind("workspace", "Workspace", ("id",), name=("name",), created=("created_at",)),
        "workspace_members": ListKind(
            "workspace_member",
            "Workspace Member",
            ("workspace_id", "user_id"),
            uid=("user_id", "service_account_id"),
            role=("workspace_role",),
            admins=frozenset(),
            group=("workspace_id",),
            person=True,
        ),
    }
)
"""The kind of list, as `Sighting.source` and `Change.source` name it → its objects."""


def list_kind(source: str) -> ListKind:
    """The objects of a list. Raises `Reject` for a list that is not in the table: it has no event code."""
    kind = LISTS.get(source)
    if kind is None:
        raise Reject("unknown-list", f"list {source!r} is none of {', '.join(LISTS)}")
    return kind
